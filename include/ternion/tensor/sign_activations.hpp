#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"
#include "../core/shape.hpp"

namespace ternion {

/// Activations X[M,K] of one bit, -1 or +1, with a scale a token (x = scale * q) and integer sums: what `quantize`
/// fills for Sign. Bit i of word w of a token belongs to input 64w + i, and is 1 for -1; bits beyond K are 0.
class SignActivations {
 public:
    static constexpr std::size_t word_inputs = 64;

    /// Makes room for m tokens of k inputs; the content is unspecified until a quantizer fills it.
    void resize(std::size_t m, std::size_t k) {
        m_ = m;
        k_ = k;
        words_.resize(m * ceil_div(k, word_inputs));
        scales_.resize(m);
        sums_.resize(m);
    }

    [[nodiscard]] std::size_t tokens() const noexcept { return m_; }
    [[nodiscard]] std::size_t inputs() const noexcept { return k_; }
    [[nodiscard]] std::size_t words() const noexcept { return ceil_div(k_, word_inputs); }
    [[nodiscard]] const std::uint64_t* row(std::size_t m) const noexcept { return words_.data() + m * words(); }
    [[nodiscard]] const float* scales() const noexcept { return scales_.data(); }
    [[nodiscard]] const std::int32_t* sums() const noexcept { return sums_.data(); }
    [[nodiscard]] int value(std::size_t m, std::size_t k) const noexcept {
        return (row(m)[k / word_inputs] >> k % word_inputs & 1) != 0 ? -1 : 1;
    }

    /// For quantizers: row m, its scale and its sum, to be written.
    [[nodiscard]] std::uint64_t* mutable_row(std::size_t m) noexcept { return words_.data() + m * words(); }
    void set(std::size_t m, float scale, std::int32_t sum) noexcept {
        scales_[m] = scale;
        sums_[m] = sum;
    }

 private:
    std::size_t m_ = 0;
    std::size_t k_ = 0;
    AlignedBuffer<std::uint64_t> words_;
    AlignedBuffer<float> scales_;
    AlignedBuffer<std::int32_t> sums_;
};

inline namespace TERNION_ABI {

/// Takes the signs of one token x[K] into row m.
template <class Arch, class Policy>
void fill_token(Policy, SignActivations& out, std::size_t m, const float* x) noexcept {
    constexpr std::size_t inputs = SignActivations::word_inputs;
    std::uint64_t* row = out.mutable_row(m);
    int negative = 0;
    for (std::size_t w = 0; w < out.words(); ++w, x += inputs) {
        const std::size_t count = std::min(inputs, out.inputs() - w * inputs);
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < count; ++i)
            word |= std::uint64_t{x[i] < 0} << i;
        row[w] = word;
        negative += std::popcount(word);
    }
    const float* first = x - out.words() * inputs;
    out.set(m, Policy::scale(first, out.inputs()), static_cast<std::int32_t>(out.inputs()) - 2 * negative);
}

/// Inputs k .. k + count - 1 of a row as int8, followed by zeros up to a multiple of 64; k is a multiple of 64.
template <class B>
void widen_signs(const std::uint64_t* row, std::size_t k, std::size_t count, std::int8_t* q) noexcept {
    row += k / SignActivations::word_inputs;
    for (std::size_t i = 0; i < count; i += 64, ++row) {
        const std::uint64_t valid = count - i >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (count - i)) - 1;
        for (std::size_t p = 0; p < 64; p += B::bytes) {
            const auto negative = B::load_mask(reinterpret_cast<const std::byte*>(row) + p / 8);
            const auto signs = B::add_where(negative, B::splat(1), B::splat(254));
            const auto inside = B::load_mask(reinterpret_cast<const std::byte*>(&valid) + p / 8);
            B::store(q + i + p, B::add_where(inside, B::splat(0), signs));
        }
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
