#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "../core/config.hpp"
#include "activations.hpp"

namespace ternion {

/// Activations of a few tokens with a list of inputs, in ascending order: all that have a value in some token, and
/// perhaps more. The activations of all others are zero, which is a precondition. Products may read the listed inputs'
/// weights alone, where the weights are stored by input; what they give is the product with all of them, in every bit.
/// The integers and the list belong to somebody else and must outlive this.
struct ListedActivations {
    ActivationView activations;
    std::span<const std::uint32_t> inputs;

    [[nodiscard]] TERNION_INLINE std::size_t tokens() const noexcept { return activations.m; }
};

inline namespace TERNION_ABI {

/// Whether some numbers below `limit` ascend.
inline bool is_list(std::span<const std::uint32_t> list, std::size_t limit) noexcept {
    for (std::size_t i = 1; i < list.size(); ++i)
        if (list[i - 1] >= list[i]) return false;
    return list.empty() || list.back() < limit;
}

/// Writes the inputs that aren't zero in every token, in ascending order, and returns how many there are; `list` has
/// room for x.k. Takes about a microsecond for each thousand inputs.
TERNION_INLINE std::size_t list_inputs(const ActivationView& x, std::uint32_t* list) noexcept {
    std::size_t found = 0;
    const auto add = [&](std::size_t k, std::size_t count) TERNION_INLINE_LAMBDA {
        std::uint64_t some = 0;
        for (std::size_t m = 0; m < x.m; ++m) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, x.q + m * x.ld + k, count);
            some |= eight;
        }
        // The highest bit of each byte that isn't zero.
        constexpr std::uint64_t low = 0x7f7f7f7f7f7f7f7fu;
        some = (((some & low) + low) | some) & ~low;
        for (; some != 0; some &= some - 1)
            list[found++] = static_cast<std::uint32_t>(k + static_cast<std::size_t>(std::countr_zero(some)) / 8);
    };
    std::size_t k = 0;
    for (; k + 8 <= x.k; k += 8)
        add(k, 8);
    if (k != x.k) add(k, x.k - k);
    return found;
}

}  // namespace TERNION_ABI
}  // namespace ternion
