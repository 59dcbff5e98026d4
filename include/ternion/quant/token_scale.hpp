#pragma once

#include <cstdint>

namespace ternion {

/// What a quantizer says of one token: x = scale * q, and the sum of q.
struct TokenScale {
    float scale;
    std::int32_t sum;
};

}  // namespace ternion
