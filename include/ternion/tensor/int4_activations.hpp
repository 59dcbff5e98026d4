#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../quant/rounding.hpp"

namespace ternion {

/// Activations X[M,K] of 4 bits, -8 to 7, two to a byte, with a scale a token (x = scale * q) and integer sums: what
/// `quantize` fills for AbsmeanInt4 and Absmax<4>. Half the memory of QuantizedActivations; products widen a tile at a
/// time. A block of 128 inputs lies in 64 bytes, code = q + 8: byte p holds input p in its lower half and input p + 64
/// in its upper one. Inputs beyond K are 0. A workspace, as QuantizedActivations is.
class Int4Activations {
 public:
    static constexpr std::size_t block_inputs = 128;
    static constexpr std::size_t block_bytes = 64;

    /// Makes room for m tokens of k inputs; the content is unspecified until a quantizer fills it.
    void resize(std::size_t m, std::size_t k) {
        m_ = m;
        k_ = k;
        row_bytes_ = ceil_div(k, block_inputs) * block_bytes;
        codes_.resize(m * row_bytes_);
        scales_.resize(m);
        sums_.resize(m);
    }

    [[nodiscard]] std::size_t tokens() const noexcept { return m_; }
    [[nodiscard]] std::size_t inputs() const noexcept { return k_; }
    [[nodiscard]] const std::uint8_t* row(std::size_t m) const noexcept { return codes_.data() + m * row_bytes_; }
    [[nodiscard]] const float* scales() const noexcept { return scales_.data(); }
    [[nodiscard]] const std::int32_t* sums() const noexcept { return sums_.data(); }
    [[nodiscard]] int value(std::size_t m, std::size_t k) const noexcept {
        const unsigned byte = row(m)[k / block_inputs * block_bytes + k % block_bytes];
        return static_cast<int>(k % block_inputs < block_bytes ? byte & 15 : byte >> 4) - 8;
    }

    /// For quantizers: row m, its scale and its sum, to be written.
    [[nodiscard]] std::uint8_t* mutable_row(std::size_t m) noexcept { return codes_.data() + m * row_bytes_; }
    void set(std::size_t m, float scale, std::int32_t sum) noexcept {
        scales_[m] = scale;
        sums_[m] = sum;
    }

 private:
    std::size_t m_ = 0;
    std::size_t k_ = 0;
    std::size_t row_bytes_ = 0;
    AlignedBuffer<std::uint8_t> codes_;
    AlignedBuffer<float> scales_;
    AlignedBuffer<std::int32_t> sums_;
};

inline namespace TERNION_ABI {

/// Quantises one token x[K] into row m, a block at a time, by a policy of at most 4 bits that measures the token first.
template <class Arch, class Policy>
void fill_token(Policy policy, Int4Activations& out, std::size_t m, const float* x) noexcept {
    static_assert(Policy::lowest >= -8 && Policy::highest <= 7, "Int4Activations hold -8 to 7");
    constexpr std::size_t inputs = Int4Activations::block_inputs, half = inputs / 2;
    const TokenMeasure measured = policy.template measure<Arch>(x, out.inputs());
    std::uint8_t* row = out.mutable_row(m);
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < out.inputs(); k += inputs, row += half) {
        std::int8_t q[inputs] = {};
        sum += Policy::template round<Arch>(measured, x + k, std::min(inputs, out.inputs() - k), q);
        for (std::size_t p = 0; p < half; ++p)
            row[p] = static_cast<std::uint8_t>((q[p] + 8) | (q[p + half] + 8) << 4);
    }
    out.set(m, measured.scale, sum);
}

/// Inputs k .. k + count - 1 of a row as int8, followed by zeros up to a multiple of 128; k is a multiple of 128.
template <class B>
void widen_int4(const std::uint8_t* row, std::size_t k, std::size_t count, std::int8_t* q) noexcept {
    constexpr std::size_t half = Int4Activations::block_bytes;
    row += k / 2;
    for (std::size_t i = 0; i < count; i += 2 * half, row += half, q += 2 * half) {
        for (std::size_t p = 0; p < half; p += B::bytes) {
            const auto codes = B::load(row + p);
            B::store(q + p, B::add(B::bit_and(codes, B::splat(15)), B::splat(248)));  // less 8
            const auto upper = B::bit_and(B::template shift_right<4>(codes), B::splat(15));
            B::store(q + half + p, B::add(upper, B::splat(248)));
        }
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
