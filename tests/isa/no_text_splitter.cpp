// Stands in for what needs PCRE2, where that library isn't built for the machine: logits are computed from tokens.

#include <stdexcept>

#include "tokenizer/text_splitter.hpp"

namespace bitnet {

struct TextSplitter::Pattern {};

TextSplitter::TextSplitter() {
    throw std::logic_error("this program has no tokenizer");
}
TextSplitter::~TextSplitter() = default;
void TextSplitter::split(std::string_view, const std::function<void(std::string_view)>&) const {}

}  // namespace bitnet
