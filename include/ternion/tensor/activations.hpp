#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"
#include "../core/shape.hpp"

namespace ternion {

/// Quantised activations X[M,K] in memory that somebody else owns: x = scale * q. Row m begins at q + m * ld; ld >= k.
/// `sums[m]` is the sum of the k integers of row m: kernels work on codes trit + 1 and subtract it once. `scales` may
/// be null where only integers are asked for. `group_sums` may be null unless the weights' scales are in groups; it
/// holds the sums of every 64 inputs, [M, K / 64 rounded up].
struct ActivationView {
    const std::int8_t* q;
    std::size_t m;
    std::size_t k;
    std::size_t ld;
    const float* scales;
    const std::int32_t* sums;
    const std::int32_t* group_sums = nullptr;
};

/// Activations X[M,K] as a quantizer leaves them: int8 values, a scale a token (x = scale * q), and integer sums. It is
/// also the workspace of the hot path: `resize` keeps memory that is large enough, so nothing is allocated once the
/// largest batch has been seen.
class QuantizedActivations {
 public:
    /// Makes room for m tokens of k inputs; the content is unspecified until a quantizer fills it.
    void resize(std::size_t m, std::size_t k) {
        m_ = m;
        k_ = k;
        ld_ = round_up(k, 64);
        q_.resize(m * ld_);
        scales_.resize(m);
        sums_.resize(m);
        has_group_sums_ = false;
    }

    [[nodiscard]] std::size_t tokens() const noexcept { return m_; }
    [[nodiscard]] std::size_t inputs() const noexcept { return k_; }
    [[nodiscard]] std::span<const std::int8_t> row(std::size_t m) const noexcept { return {q_.data() + m * ld_, k_}; }
    [[nodiscard]] float scale(std::size_t m) const noexcept { return scales_[m]; }
    [[nodiscard]] std::int32_t sum(std::size_t m) const noexcept { return sums_[m]; }
    [[nodiscard]] ActivationView view() const noexcept {
        return {q_.data(), m_, k_, ld_, scales_.data(), sums_.data(), has_group_sums_ ? group_sums_.data() : nullptr};
    }

    /// Whether `sum_groups` has added the sums of every 64 inputs, which weights with scales in groups need.
    [[nodiscard]] bool has_group_sums() const noexcept { return has_group_sums_; }
    static constexpr std::size_t group_inputs = 64;

    /// For quantizers: row m, its scale and its sum, to be written.
    [[nodiscard]] std::int8_t* mutable_row(std::size_t m) noexcept { return q_.data() + m * ld_; }
    void set(std::size_t m, float scale, std::int32_t sum) noexcept {
        scales_[m] = scale;
        sums_[m] = sum;
    }
    /// For sum_groups: room for the sums of each token's groups.
    void make_group_sums() {
        group_sums_.resize(m_ * ceil_div(k_, group_inputs));
        has_group_sums_ = true;
    }
    [[nodiscard]] std::int32_t* mutable_group_sums(std::size_t m) noexcept {
        return group_sums_.data() + m * ceil_div(k_, group_inputs);
    }

 private:
    std::size_t m_ = 0;
    std::size_t k_ = 0;
    std::size_t ld_ = 0;
    AlignedBuffer<std::int8_t> q_;
    AlignedBuffer<float> scales_;
    AlignedBuffer<std::int32_t> sums_;
    AlignedBuffer<std::int32_t> group_sums_;
    bool has_group_sums_ = false;
};

}  // namespace ternion
