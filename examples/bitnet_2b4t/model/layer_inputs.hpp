#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <ternion/runtime/any_quantizer.hpp>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/ternion.hpp>

#include "config.hpp"

namespace bitnet {

/// The linear layers of a decoder by what they take in: q, k and v; the output of attention; gate and up; down.
enum class LayerInput { attention, attention_output, feed_forward, feed_forward_down };

/// The norm in front of linear layers: RMSNorm or, for BitNet v1, LayerNorm with a gain, which is RMSNorm of what is
/// left when each token's mean is taken off. The mean is summed in double, in one order on every machine.
class InputNorm {
 public:
    explicit InputNorm(ternion::AnyRmsNorm rms, bool centred = false) : rms_(std::move(rms)), centred_(centred) {}

    std::size_t channels() const noexcept { return rms_.channels(); }
    const ternion::AnyRmsNorm& rms() const noexcept { return rms_; }
    bool centred() const noexcept { return centred_; }
    /// x[channels] - mean(x), or x itself where the norm is no LayerNorm; y may be x.
    void centre(const float* x, float* y) const noexcept {
        double sum = 0;
        for (std::size_t i = 0; centred_ && i < channels(); ++i)
            sum += static_cast<double>(x[i]);
        const auto mean = static_cast<float>(sum / static_cast<double>(channels()));
        std::transform(x, x + channels(), y, [&](float value) { return value - mean; });
    }
    void normalise(const float* x, float* y) const noexcept {
        if (!centred_) return rms_.normalise(x, y);
        centre(x, y);
        rms_.normalise(y, y);
    }

 private:
    ternion::AnyRmsNorm rms_;
    bool centred_;
};

/// What is done to a token before it is rounded.
enum class TokenChange {
    none,
    rotated,   // by ternion::hadamard_transform
    top_half,  // all but the half with the largest magnitudes becomes zero, as TopK<50> has it
};

/// A policy for InputStage and BitLinear that is chosen at run time: a quantizer of a table behind what changes the
/// token. Its integers and scales are those of Absmax<8, 128>, Absmax<8>, AbsmeanInt4, TopK<> and Hadamard<Absmax<4>>.
class InputQuantizer {
 public:
    using Activations = ternion::AnyActivations;

    explicit InputQuantizer(ternion::AnyQuantizer rounding, TokenChange change = TokenChange::none)
        : rounding_(rounding), change_(change) {}

    const ternion::AnyQuantizer& rounding() const noexcept { return rounding_; }
    TokenChange change() const noexcept { return change_; }
    /// What is rounded in place of x[k]; y is another place.
    void change_token(const float* x, std::size_t k, float* y) const noexcept {
        if (change_ == TokenChange::rotated) return ternion::hadamard_transform(x, k, y);
        std::copy_n(x, k, y);
        if (change_ == TokenChange::none) return;
        ternion::Largest largest = ternion::largest_magnitudes(x, k, ternion::share_of(k, 50));
        for (std::size_t i = 0; i < k; ++i)
            if (!largest.take(x[i])) y[i] = 0;
    }

 private:
    ternion::AnyQuantizer rounding_;
    TokenChange change_;
};

inline void make_room(const InputQuantizer& quantizer, ternion::AnyActivations& out, std::size_t m, std::size_t k) {
    make_room(quantizer.rounding(), out, m, k);
    if (quantizer.change() != TokenChange::none && !out.are_floats()) out.mutable_quantized().make_scratch(k);
}

template <class Arch>
void fill_token(const InputQuantizer& quantizer, ternion::AnyActivations& out, std::size_t m, const float* x) noexcept {
    if (quantizer.change() == TokenChange::none) return ternion::fill_token<Arch>(quantizer.rounding(), out, m, x);
    if (out.are_floats()) return quantizer.change_token(x, out.inputs(), out.mutable_floats().mutable_row(m));
    float* changed = out.mutable_quantized().scratch(m);
    quantizer.change_token(x, out.inputs(), changed);
    ternion::fill_token<Arch>(quantizer.rounding(), out, m, changed);
}

template <class Arch, class E>
void add_group_sums(const InputQuantizer& quantizer, ternion::AnyActivations& x, E& executor) {
    ternion::add_group_sums<Arch>(quantizer.rounding(), x, executor);
}

/// What a paper of the BitLinear family quantises the input of these layers by. Sources: arXiv 2310.11453, section 2;
/// 2402.17764, section 2; 2411.04965, section 2; 2504.18415, section 2.
inline InputQuantizer family_quantizer(BitLinearKind kind, LayerInput input, const ternion::KernelTable& table) {
    const auto rounded = [&](std::string_view name, TokenChange change = TokenChange::none) {
        return InputQuantizer(ternion::AnyQuantizer(table.quantizer(name)), change);
    };
    const bool inner = input == LayerInput::attention_output || input == LayerInput::feed_forward_down;
    switch (kind) {
        case BitLinearKind::v1:
            return rounded("absmax8_128");
        case BitLinearKind::a48:
            if (!inner) return rounded("absmean4");
            return rounded("absmax8",
                           input == LayerInput::attention_output ? TokenChange::top_half : TokenChange::none);
        case BitLinearKind::v2:
            return inner ? rounded("absmax4", TokenChange::rotated) : rounded("absmean4");
        case BitLinearKind::b158:
            break;
    }
    return rounded("absmax8");
}

}  // namespace bitnet
