#pragma once

// Int8: one byte a trit. The simplest packing, and the baseline for the others.
//
//   byte   0     1     2    ...  K-1    K    ...
//        | w00 | w01 | w02 | ... | w0,K-1 | w10 | ...       row-major, no padding
//
//   trit  -1    0    +1                                     the byte is the trit, as int8
//   byte  ff    00   01
//
// 8 bits a weight.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/config.hpp"
#include "../core/shape.hpp"

namespace ternion {

struct Int8 {
    static constexpr std::string_view name = "int8";
    static constexpr double bits_per_weight = 8.0;

    static constexpr std::size_t bytes(Shape shape) noexcept { return shape.size(); }
    static constexpr std::size_t stripe_rows(Shape) noexcept { return 1; }

    static TERNION_INLINE void pack_stripe(Shape shape, std::size_t row, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        std::byte* out = data + row * shape.k;
        for (std::size_t k = 0; k < shape.k; ++k)
            out[k] = static_cast<std::byte>(codes[k] - 1);
    }

    static TERNION_INLINE void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const std::byte* in = data + row * shape.k + k;
        for (std::size_t i = 0; i < count; ++i)
            codes[i] = static_cast<std::uint8_t>(std::to_integer<int>(in[i]) + 1);
    }
};

}  // namespace ternion
