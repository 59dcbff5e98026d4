#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"
#include "../core/shape.hpp"

namespace ternion {

/// Quantised activations X[M,K] in memory that somebody else owns: x = scale * q. Row m begins at q + m * ld; ld >= k.
/// `sums[m]` is the sum of the k integers of row m: kernels work on codes trit + 1 and subtract it once. `scales` may
/// be null where only integers are asked for. Two members are for scales in groups and otherwise null: `group_sums`,
/// which weights or activations with such scales need, are the sums of every 64 inputs, [M, K / 64 rounded up];
/// `group_scales`, in place of `scales`, belong to groups of `group_inputs` (64, 128 or 256) inputs of a token, [M, K /
/// group_inputs rounded up].
struct ActivationView {
    const std::int8_t* q;
    std::size_t m;
    std::size_t k;
    std::size_t ld;
    const float* scales;
    const std::int32_t* sums;
    const std::int32_t* group_sums = nullptr;
    const float* group_scales = nullptr;
    std::size_t group_inputs = 0;
};

/// Activations X[M,K] as a quantizer leaves them: int8 values, a scale a token (x = scale * q), and integer sums. It is
/// also the workspace of the hot path: `resize` keeps memory that is large enough, so nothing is allocated once the
/// largest batch has been seen.
class QuantizedActivations {
 public:
    /// The inputs that one of the group sums adds up.
    static constexpr std::size_t sum_inputs = 64;

    /// Makes room for m tokens of k inputs; the content is unspecified until a quantizer fills it.
    void resize(std::size_t m, std::size_t k) {
        m_ = m;
        k_ = k;
        ld_ = round_up(k, 64);
        q_.resize(m * ld_);
        scales_.resize(m);
        sums_.resize(m);
        has_group_sums_ = false;
        group_inputs_ = 0;
    }

    [[nodiscard]] TERNION_INLINE std::size_t tokens() const noexcept { return m_; }
    [[nodiscard]] TERNION_INLINE std::size_t inputs() const noexcept { return k_; }
    [[nodiscard]] TERNION_INLINE std::span<const std::int8_t> row(std::size_t m) const noexcept {
        return {q_.data() + m * ld_, k_};
    }
    [[nodiscard]] TERNION_INLINE float scale(std::size_t m) const noexcept { return scales_[m]; }
    [[nodiscard]] TERNION_INLINE std::int32_t sum(std::size_t m) const noexcept { return sums_[m]; }
    /// What input k of token m is taken for: its integer times its scale.
    [[nodiscard]] TERNION_INLINE float value(std::size_t m, std::size_t k) const noexcept {
        const float scale = group_inputs_ == 0 ? scales_[m] : group_scales_[m * groups() + k / group_inputs_];
        return scale * static_cast<float>(row(m)[k]);
    }
    [[nodiscard]] TERNION_INLINE ActivationView view() const noexcept {
        return {q_.data(),
                m_,
                k_,
                ld_,
                scales_.data(),
                sums_.data(),
                has_group_sums_ ? group_sums_.data() : nullptr,
                group_inputs_ == 0 ? nullptr : group_scales_.data(),
                group_inputs_};
    }
    TERNION_INLINE operator ActivationView() const noexcept { return view(); }  // NOLINT: products take either

    /// Whether `sum_groups` has added the sums of every 64 inputs, which scales in groups need.
    [[nodiscard]] TERNION_INLINE bool has_group_sums() const noexcept { return has_group_sums_; }
    /// The inputs that share a scale, 64, 128 or 256; 0 where a token has one.
    [[nodiscard]] TERNION_INLINE std::size_t group_inputs() const noexcept { return group_inputs_; }

    /// For quantizers: row m, its scale and its sum, to be written.
    [[nodiscard]] std::int8_t* mutable_row(std::size_t m) noexcept { return q_.data() + m * ld_; }
    void set(std::size_t m, float scale, std::int32_t sum) noexcept {
        scales_[m] = scale;
        sums_[m] = sum;
    }
    /// For sum_groups: room for the sums of each token's groups.
    void make_group_sums() {
        group_sums_.resize(m_ * ceil_div(k_, sum_inputs));
        has_group_sums_ = true;
    }
    [[nodiscard]] std::int32_t* mutable_group_sums(std::size_t m) noexcept {
        return group_sums_.data() + m * ceil_div(k_, sum_inputs);
    }
    /// For quantizers that give each group of inputs (64, 128 or 256) a scale of its own: room for them and for the
    /// sums of groups, which their products need, until `resize`. Of 0 inputs: nothing, as a token has one scale.
    void make_group_scales(std::size_t inputs) {
        if (inputs == 0) return;
        group_inputs_ = inputs;
        group_scales_.resize(m_ * groups());
        make_group_sums();
    }
    [[nodiscard]] float* mutable_group_scales(std::size_t m) noexcept { return group_scales_.data() + m * groups(); }
    /// For quantizers that change a token before they round it: room for `values` floats a token.
    void make_scratch(std::size_t values) {
        scratch_values_ = values;
        scratch_.resize(m_ * values);
    }
    [[nodiscard]] float* scratch(std::size_t m) noexcept { return scratch_.data() + m * scratch_values_; }

 private:
    [[nodiscard]] std::size_t groups() const noexcept { return ceil_div(k_, group_inputs_); }

    std::size_t m_ = 0;
    std::size_t k_ = 0;
    std::size_t ld_ = 0;
    AlignedBuffer<std::int8_t> q_;
    AlignedBuffer<float> scales_;
    AlignedBuffer<std::int32_t> sums_;
    AlignedBuffer<std::int32_t> group_sums_;
    bool has_group_sums_ = false;
    AlignedBuffer<float> group_scales_;
    std::size_t group_inputs_ = 0;
    AlignedBuffer<float> scratch_;
    std::size_t scratch_values_ = 0;
};

inline namespace TERNION_ABI {

/// A copy of the last inputs of some tokens, padded with zeros, for the last, partial step along K: activations need no
/// padding of their own.
template <std::size_t Tokens, std::size_t Inputs = 64>
struct ActivationTail {
    static constexpr std::size_t inputs = Inputs;

    alignas(64) std::int8_t q[Tokens][inputs];

    /// Inputs `full` to K, at most `inputs`, of tokens m .. m + tokens - 1.
    void fill(const ActivationView& x, std::size_t m, std::size_t tokens, std::size_t full) noexcept {
        TERNION_ASSERT(full <= x.k && x.k - full <= inputs && tokens <= Tokens);
        for (std::size_t t = 0; t < tokens; ++t) {
            std::memset(q[t], 0, inputs);
            std::memcpy(q[t], x.q + (m + t) * x.ld + full, x.k - full);
        }
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
