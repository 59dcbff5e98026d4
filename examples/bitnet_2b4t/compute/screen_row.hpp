#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ternion/ternion.hpp>

namespace bitnet {

/// What an int8 copy of a row keeps of it: codes times `scale`. `kept` and `left` are the squared lengths of that and
/// of the rest, in floats.
struct CodedRow {
    float scale, kept, left;
};

inline namespace TERNION_ABI {

/// sum + codes · x. Where a machine's factors are both signed, in two parts of at most 127: 2 (c / 2) + c mod 2.
template <class B, class Sum>
Sum add_codes(Sum sum, typename B::Bytes codes, typename B::Bytes x) {
    if constexpr (B::largest_code >= 255) {
        return B::dot(sum, codes, x);
    } else {
        const auto halves = B::bit_and(B::template shift_right<1>(codes), B::splat(127));
        return B::dot(B::dot(B::dot(sum, halves, x), halves, x), B::bit_and(codes, B::splat(1)), x);
    }
}

/// c · digits for codes c + 128, of a multiple of 64: a machine that adds in 16 bits takes two products of 255 · 64.
inline std::int64_t dot_codes(const std::uint8_t* codes, const std::int8_t* high, const std::int8_t* low,
                              std::size_t n) {
    using B = ternion::backend_of<ternion::default_arch>;
    constexpr std::size_t depth = 65536;  // of integer sums: 255 · 64 · depth < 2^31
    constexpr std::size_t step = B::wide_dot ? depth : B::bytes;
    std::int64_t total = 0;
    for (std::size_t begin = 0; begin < n; begin += depth) {
        const std::size_t end = std::min(n, begin + depth);
        auto high_sums = B::wide_zero();
        auto low_sums = B::wide_zero();
        for (std::size_t k = begin; k < end;) {
            auto high_part = B::narrow_zero();
            auto low_part = B::narrow_zero();
            for (const std::size_t stop = std::min(end, k + step); k < stop; k += B::bytes) {
                if (k % 64 == 0) B::prefetch(codes + k + 4096);
                const auto c = B::load(codes + k);
                high_part = add_codes<B>(high_part, c, B::load(high + k));
                low_part = add_codes<B>(low_part, c, B::load(low + k));
            }
            high_sums = B::template fold<0>(high_sums, high_part);
            low_sums = B::template fold<0>(low_sums, low_part);
        }
        total += 128 * std::int64_t{static_cast<std::int32_t>(B::sum(high_sums))} +
                 static_cast<std::int32_t>(B::sum(low_sums));
    }
    return total;
}

/// Writes the codes of n numbers, and the same plus 128, as dot_codes takes them. The squares are added in sixteen sums
/// side by side.
inline CodedRow code_row(const float* numbers, std::size_t n, std::int8_t* codes, std::uint8_t* shifted) {
    const float scale = ternion::Absmax<8>::quantize_token(numbers, n, codes).scale;
    for (std::size_t k = 0; k < n; ++k)
        shifted[k] = static_cast<std::uint8_t>(codes[k] + 128);
    constexpr std::size_t lanes = 16;
    float kept[lanes] = {}, left[lanes] = {};
    const auto add = [&](std::size_t i, std::size_t lane) TERNION_INLINE_LAMBDA {
        const float part = scale * static_cast<float>(codes[i]);
        const float rest = numbers[i] - part;
        kept[lane] += part * part;
        left[lane] += rest * rest;
    };
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane)
            add(i + lane, lane);
    }
    for (; i < n; ++i)
        add(i, 0);
    for (std::size_t lane = 1; lane < lanes; ++lane) {
        kept[0] += kept[lane];
        left[0] += left[lane];
    }
    return {scale, kept[0], left[0]};
}

}  // namespace TERNION_ABI
}  // namespace bitnet
