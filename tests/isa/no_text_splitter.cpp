// Stands in for what needs PCRE2, where that library isn't built for the machine: logits are computed from tokens.

#include <stdexcept>

#include "tokenizer/text_splitter.hpp"

namespace bitnet {

void split_text(std::string_view, SplitPattern, const std::function<void(std::string_view)>&) {
    throw std::logic_error("this program has no tokenizer");
}

}  // namespace bitnet
