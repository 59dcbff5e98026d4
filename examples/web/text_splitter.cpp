// split_text by JavaScript's regular expressions, where there is no PCRE2: the same patterns, the same pieces.
#include "tokenizer/text_splitter.hpp"

#include <cstdint>
#include <vector>

#include <program/io/utf8.hpp>

// In split_by_regexp.js, with its patterns.
extern "C" int split_by_regexp(int pattern, const char* text, int size, std::uint32_t* lengths);

namespace bitnet {

using namespace program;

void split_text(std::string_view text, SplitPattern pattern, const std::function<void(std::string_view)>& take) {
    if (pattern == SplitPattern::none) {
        if (!text.empty()) take(text);
        return;
    }
    while (!text.empty()) {
        if (const std::size_t broken = utf8_run(text, false); broken != 0) {
            take(text.substr(0, broken));
            text.remove_prefix(broken);
        }
        std::string_view run = text.substr(0, utf8_run(text, true));
        text.remove_prefix(run.size());
        std::vector<std::uint32_t> lengths(run.size());
        const int count =
            split_by_regexp(static_cast<int>(pattern), run.data(), static_cast<int>(run.size()), lengths.data());
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            take(run.substr(0, lengths[i]));
            run.remove_prefix(lengths[i]);
        }
    }
}

}  // namespace bitnet
