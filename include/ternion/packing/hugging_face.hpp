#pragma once

// HuggingFace: the packed weights of BitNet models in safetensors files, byte for byte. A U8 tensor of R = ceil(N / 4)
// rows and K columns; byte (r, k) holds column k of four rows that lie R apart:
//
//   bit      7  6    5  4    3  2    1  0
//   row     r + 3R  r + 2R   r + R    r
//
//   trit  -1   0   +1
//   code   0   1    2        3 never occurs and is refused where data enters
//
// Where N is no multiple of 4, rows past N have zero bits. The scale is a tensor of its own, and not among these bytes.
//
// 2 bits a weight where N is a multiple of 4. Source: the safetensors files of BitNet b1.58 2B4T on Hugging Face.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "codes_at.hpp"
#include "two_bit.hpp"

namespace ternion {

struct HuggingFace {
    static constexpr std::string_view name = "hugging_face";
    static constexpr double bits_per_weight = 2.0;

    static constexpr std::size_t packed_rows(Shape shape) noexcept { return ceil_div(shape.n, 4); }
    static constexpr std::size_t bytes(Shape shape) noexcept { return packed_rows(shape) * shape.k; }

    /// Stripe r is the rows of packed row r.
    static constexpr std::size_t stripe_rows(Shape) noexcept { return 4; }
    static constexpr std::size_t rows_in_stripe(Shape shape, std::size_t stripe) noexcept {
        return ceil_div(shape.n - stripe, packed_rows(shape));
    }
    static constexpr std::size_t stripe_row(Shape shape, std::size_t stripe, std::size_t i) noexcept {
        return stripe + i * packed_rows(shape);
    }

    static TERNION_INLINE void pack_stripe(Shape shape, std::size_t stripe, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        std::byte* out = data + stripe * shape.k;
        std::fill_n(out, shape.k, std::byte{0});
        for (std::size_t i = 0; i < rows_in_stripe(shape, stripe); ++i) {
            for (std::size_t k = 0; k < shape.k; ++k)
                out[k] |= static_cast<std::byte>(codes[i * shape.k + k] << 2 * i);
        }
    }

    static TERNION_INLINE void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const std::size_t shift = row / packed_rows(shape) * 2;
        const std::byte* in = data + row % packed_rows(shape) * shape.k + k;
        for (std::size_t i = 0; i < count; ++i)
            codes[i] = static_cast<std::uint8_t>(std::to_integer<unsigned>(in[i]) >> shift & 3u);
    }

    /// As unpack, by SIMD.
    template <class B>
    static TERNION_INLINE void unpack_simd(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                           std::size_t count, std::uint8_t* codes) noexcept {
        const std::byte* in = data + row % packed_rows(shape) * shape.k + k;
        std::size_t whole = 0;
        switch (row / packed_rows(shape)) {
            case 0:
                whole = unpack_field<B, 0>(in, count, codes);
                break;
            case 1:
                whole = unpack_field<B, 2>(in, count, codes);
                break;
            case 2:
                whole = unpack_field<B, 4>(in, count, codes);
                break;
            default:
                whole = unpack_field<B, 6>(in, count, codes);
        }
        if (whole != count) unpack(shape, data, row, k + whole, count - whole, codes + whole);
    }

    /// Whether no code is 3.
    static TERNION_INLINE bool valid(Shape shape, const std::byte* data) noexcept {
        return detail::no_code_is_3(data, bytes(shape));
    }

 private:
    template <class B, int Shift>
    static TERNION_INLINE std::size_t unpack_field(const std::byte* in, std::size_t count,
                                                   std::uint8_t* codes) noexcept {
        std::size_t i = 0;
        for (; i + B::bytes <= count; i += B::bytes) {
            B::prefetch(in + i + 2048);
            B::store(codes + i, detail::codes_at<B, Shift, 2>(B::load(in + i)));
        }
        return i;
    }
};

}  // namespace ternion
