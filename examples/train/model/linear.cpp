#include "linear.hpp"

#include <algorithm>

namespace train {

void Inputs::prepare(const Stage& stage, const Floats& x, Weights kind) {
    values.resize(x.rows(), x.cols());
    if (kind == Weights::real) return stage.norm()(values_of(x), values_of(values));
    const auto tokens = static_cast<std::size_t>(x.rows()), width = static_cast<std::size_t>(x.cols());
    ternion::dequantize(stage.prepare(values_of(x), tokens, width, prepared), values_of(values));
}

Linear::Linear(Weights kind, std::size_t outputs, std::size_t inputs, const ternion::PackingKernels& packing)
    : kind_(kind),
      outputs_(outputs),
      inputs_(inputs),
      packing_(packing),
      values_(static_cast<Eigen::Index>(outputs), static_cast<Eigen::Index>(inputs)) {}

void Linear::update(std::span<const float> master) {
    if (kind_ == Weights::real) {
        std::ranges::copy(master, values_.data());
        return;
    }
    std::vector<std::int8_t> trits(master.size());
    const float scale =
        kind_ == Weights::ternary ? ternion::absmean_quantize(master, trits) : ternion::sign_quantize(master, trits);
    layer_.emplace(ternion::pack_as(packing_, trits, outputs_, inputs_, scale));
    std::ranges::transform(trits, values_.data(), [&](std::int8_t trit) { return scale * static_cast<float>(trit); });
}

void Linear::forward(const Inputs& x, Floats& y, bool add) const {
    y.conservativeResize(x.values.rows(), values_.rows());
    if (kind_ == Weights::real) {
        if (!add) y.setZero();
        y.noalias() += x.values * values_.transpose();
        return;
    }
    ternion::Serial serial;
    const auto out = add ? layer_->add_to(values_of(y)) : layer_->to(values_of(y));
    ternion::forward_together(x.prepared.activations, serial, out);
}

void Linear::backward(const Inputs& x, const Floats& dy, Floats& dx, std::span<float> dmaster) const {
    ternion::linear_backward(values_of(x.values), values_of(values_), values_of(dy),
                             static_cast<std::size_t>(dy.rows()), values_of(dx), dmaster);
}

}  // namespace train
