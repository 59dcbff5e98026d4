#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../packing/packing.hpp"
#include "../tensor/sign_activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Whether P's rows are planes of bits in the order of SignActivations (packing/plane_rows.hpp).
template <class P>
concept SignPlanes = requires {
    { P::has_zeros } -> std::convertible_to<bool>;
    requires P::block_inputs == SignActivations::word_inputs&& P::sign_place + 8 == P::block_bytes;
};

/// Signs times planes of bits, for some rows of W on one thread, 64 inputs at a time: of the weights that aren't zero,
/// those count -1 whose sign differs from the input's, the others +1:
///
///   sum = nonzero - 2 * popcount(nonzero & (x ^ negative))
///
/// Without zeros all K weights count. Bits beyond K may be anything in W, whose bytes may be somebody else's.
template <class P>
class SignProduct {
 public:
    SignProduct(const TernaryView<P>& w, const SignActivations& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results) {}

    void run(RowRange rows) const noexcept {
        const std::size_t row_bytes = P::row_bytes(w_.shape());
        for (std::size_t first = rows.begin; first < rows.end; first += block_rows) {
            const std::size_t count = (std::min)(block_rows, rows.end - first);
            for (std::size_t m = 0; m < x_.tokens(); ++m) {
                std::int32_t sums[block_rows];
                for (std::size_t r = 0; r < count; ++r) {
                    const std::int64_t sum = dot(w_.data() + (first + r) * row_bytes, x_.bits(m), x_.words());
                    // The epilogue subtracts the sum of the activations, as kernels on codes need it.
                    sums[r] = static_cast<std::int32_t>(sum + x_.sum(m));
                }
                results_.write<block_rows>(m, 1, first, {first, first + count}, sums);
            }
        }
    }

 private:
    static constexpr std::size_t block_rows = 16;

    [[nodiscard]] std::int64_t dot(const std::byte* row, const std::uint64_t* x, std::size_t words) const noexcept {
        std::uint64_t nonzero = 0, minus = 0;
        const auto add = [&](std::size_t i, std::uint64_t mask) TERNION_INLINE_LAMBDA {
            std::uint64_t negative;
            std::memcpy(&negative, row + i * P::block_bytes + P::sign_place, 8);
            if constexpr (P::has_zeros) {
                std::uint64_t bits;
                std::memcpy(&bits, row + i * P::block_bytes, 8);
                mask &= bits;
                nonzero += static_cast<std::uint64_t>(std::popcount(mask));
            }
            minus += static_cast<std::uint64_t>(std::popcount(mask & (x[i] ^ negative)));
        };
        for (std::size_t i = 0; i + 1 < words; ++i)
            add(i, ~std::uint64_t{0});
        add(words - 1, ~std::uint64_t{0} >> (words * SignActivations::word_inputs - w_.cols()));
        if constexpr (!P::has_zeros) nonzero = w_.cols();
        return static_cast<std::int64_t>(nonzero) - 2 * static_cast<std::int64_t>(minus);
    }

    TernaryView<P> w_;
    const SignActivations& x_;
    const Results& results_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
