#include "linear.hpp"

#include <algorithm>

namespace train {

namespace {

/// What a stage would round.
void fill_unrounded(const Stage& stage, const Floats& x, Floats& values) {
    ternion::Serial serial;
    values.resize(x.rows(), x.cols());
    ternion::normalise_tokens(stage.norm(), values_of(x), values_of(values), serial);
    if (stage.quantizer().change() != bitnet::TokenChange::rotated) return;
    const auto width = static_cast<std::size_t>(x.cols());
    for (Eigen::Index t = 0; t < x.rows(); ++t)
        ternion::hadamard_transform(values.row(t).data(), width, values.row(t).data());
}

}  // namespace

void Inputs::prepare(const Stage& stage, const Floats& x, Weights kind, Stage::Workspace& prepared) {
    if (kind == Weights::real || rounding) {
        fill_unrounded(stage, x, values);
        if (rounding) values += *rounding;
        return;
    }
    values.resize(x.rows(), x.cols());
    const auto tokens = static_cast<std::size_t>(x.rows()), width = static_cast<std::size_t>(x.cols());
    ternion::dequantize(stage.prepare(values_of(x), tokens, width, prepared), values_of(values));
}

void Inputs::freeze(const Stage& stage, const Floats& x) {
    Floats unrounded;
    fill_unrounded(stage, x, unrounded);
    rounding = values - unrounded;
}

Linear::Linear(Weights kind, std::size_t outputs, std::size_t inputs, const ternion::KernelTable& kernels)
    : kind_(kind),
      outputs_(outputs),
      inputs_(inputs),
      kernels_(kernels),
      values_(static_cast<Eigen::Index>(outputs), static_cast<Eigen::Index>(inputs)) {}

void Linear::update(std::span<const float> master) {
    if (kind_ == Weights::real || rounding_) {
        std::ranges::copy(master, values_.data());
        if (rounding_) values_ += *rounding_;
        return;
    }
    std::vector<std::int8_t> trits(master.size());
    const float scale =
        kind_ == Weights::ternary ? ternion::absmean_quantize(master, trits) : ternion::sign_quantize(master, trits);
    // Activations come from a stage that layers share: the layer's own quantizer only names their type.
    const bitnet::InputQuantizer shared(ternion::AnyQuantizer::unquantized());
    layer_.emplace(ternion::pack_as(kernels_.packing(ternion::Interleaved2x16::name), trits, outputs_, inputs_, scale),
                   ternion::NoNorm{}, shared);
    std::ranges::transform(trits, values_.data(), [&](std::int8_t trit) { return scale * static_cast<float>(trit); });
}

void Linear::freeze(std::span<const float> master) {
    const Floats rounded = values_;
    std::ranges::copy(master, values_.data());
    rounding_ = rounded - values_;
    values_ = rounded;
}

void Linear::forward(const Inputs& x, const Stage::Workspace& prepared, Floats& y, bool add) const {
    y.conservativeResize(x.values.rows(), values_.rows());
    if (kind_ == Weights::real || rounding_) {
        if (!add) y.setZero();
        y.noalias() += x.values * values_.transpose();
        return;
    }
    ternion::Serial serial;
    const auto out = add ? layer_->add_to(values_of(y)) : layer_->to(values_of(y));
    ternion::forward_together(prepared.activations, serial, out);
}

void Linear::backward_inputs(const Inputs& x, const Floats& dy, Floats& dx) const {
    ternion::linear_backward(values_of(x.values), values_of(values_), values_of(dy),
                             static_cast<std::size_t>(dy.rows()), values_of(dx), {});
}

void Linear::backward_weights(const Inputs& x, const Floats& dy, std::span<float> dmaster) const {
    ternion::linear_backward(values_of(x.values), values_of(values_), values_of(dy),
                             static_cast<std::size_t>(dy.rows()), {}, dmaster);
}

}  // namespace train
