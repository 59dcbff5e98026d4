#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace bitnet {

/// Cuts text into the pieces within which LLaMA-3's tokenizer merges: words, numbers of up to three digits,
/// punctuation, white space. The pieces together are the text. Runs of bytes that are no UTF-8 are pieces of their
/// own. Const calls are safe from many threads.
class TextSplitter {
 public:
    TextSplitter();
    TextSplitter(TextSplitter&&) noexcept;
    TextSplitter& operator=(TextSplitter&&) noexcept;
    ~TextSplitter();

    void split(std::string_view text, const std::function<void(std::string_view piece)>& take) const;

 private:
    struct Pattern;
    std::unique_ptr<Pattern> pattern_;
};

}  // namespace bitnet
