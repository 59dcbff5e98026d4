#pragma once

// Which values of a token are its largest: what TopK keeps and SplitOutliers takes out.

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "../core/bit_cast.hpp"
#include "../core/config.hpp"

namespace ternion {

/// How many of k values a share is, rounded up, so that there is at least one.
constexpr std::size_t share_of(std::size_t k, int percent) noexcept {
    return (k * static_cast<std::size_t>(percent) + 99) / 100;
}

inline namespace TERNION_ABI {

/// The largest |x| of a token, of equal ones those of lowest index: asked value by value, from the first on.
class Largest {
 public:
    Largest(std::uint32_t bits, std::size_t ties) noexcept : bits_(bits), ties_(ties) {}

    /// Whether the next value of the token is among them.
    [[nodiscard]] bool take(float x) noexcept {
        const std::uint32_t magnitude = bit_cast<std::uint32_t>(x) & 0x7fffffffu;
        if (magnitude != bits_ || ties_ == 0) return magnitude > bits_;
        --ties_;
        return true;
    }

 private:
    std::uint32_t bits_;  // of the least of them
    std::size_t ties_;    // of this magnitude that are still to be taken
};

/// The `count` largest |x| of k values, 1 <= count <= k; a NaN is larger than all numbers. Exact, in three passes over
/// x: the bits of a magnitude order as integers, and each pass finds some of those of the least one by a histogram.
inline Largest largest_magnitudes(const float* x, std::size_t k, std::size_t count) noexcept {
    std::uint32_t known = 0;   // the upper bits
    std::uint32_t prefix = 0;  // which of them are known
    for (const int shift : {20, 10, 0}) {
        constexpr std::uint32_t bins = 2048;
        std::uint32_t histogram[bins] = {};
        for (std::size_t i = 0; i < k; ++i) {
            const std::uint32_t magnitude = bit_cast<std::uint32_t>(x[i]) & 0x7fffffffu;
            if ((magnitude & prefix) == known) ++histogram[magnitude >> shift & (shift == 20 ? 2047u : 1023u)];
        }
        std::uint32_t bin = bins - 1;
        while (histogram[bin] < count)
            count -= histogram[bin--];
        known |= bin << shift;
        prefix |= (shift == 20 ? 2047u : 1023u) << shift;
    }
    return {known, count};
}

}  // namespace TERNION_ABI
}  // namespace ternion
