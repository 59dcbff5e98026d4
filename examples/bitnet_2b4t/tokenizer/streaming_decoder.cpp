#include "streaming_decoder.hpp"

#include <utility>

#include "utf8.hpp"

namespace bitnet {

std::string StreamingDecoder::put(std::string_view piece) {
    std::string text = std::exchange(held_, {}).append(piece);
    // Only the last three bytes can begin a character that isn't whole.
    for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
        const std::size_t begin = text.size() - back;
        const Utf8Step step = utf8_step(std::string_view(text).substr(begin));
        if (step.kind != Utf8Kind::partial || step.length != back) continue;
        held_ = text.substr(begin);
        text.resize(begin);
        break;
    }
    return text;
}

std::string StreamingDecoder::finish() {
    return std::exchange(held_, {});
}

}  // namespace bitnet
