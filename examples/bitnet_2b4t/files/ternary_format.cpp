#include "ternary_format.hpp"

#include <cmath>

namespace bitnet {

const TernaryFormat* find_ternary_format(std::uint32_t gguf_type) {
    for (const TernaryFormat* format : {&i2s_format, &tq1_0_format, &tq2_0_format, &q2_0_format}) {
        if (format->gguf_type == gguf_type) return format;
    }
    return nullptr;
}

void check_scale(const std::string& file, std::string_view tensor, float scale) {
    if (std::isfinite(scale) && scale != 0) return;
    throw FileError(file, "a scale of tensor " + in_quotes(tensor) + " that is finite and not zero",
                    std::to_string(scale));
}

}  // namespace bitnet
