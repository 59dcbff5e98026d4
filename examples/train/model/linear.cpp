#include "linear.hpp"

#include <algorithm>

namespace train {

void Inputs::prepare(const ternion::RmsNorm& norm, const Floats& x, Weights kind) {
    values.resize(x.rows(), x.cols());
    norm(values_of(x), values_of(values));
    if (kind == Weights::real) return;
    ternion::quantize(ternion::Absmax<8>{}, values_of(std::as_const(values)), static_cast<std::size_t>(x.rows()),
                      static_cast<std::size_t>(x.cols()), quantised);
    ternion::dequantize(quantised, values_of(values));
}

Linear::Linear(Weights kind, std::size_t outputs, std::size_t inputs)
    : kind_(kind),
      outputs_(outputs),
      inputs_(inputs),
      trits_(outputs * inputs),
      packed_(ternion::pack<ternion::Interleaved2x16>(trits_, outputs, inputs)),
      values_(static_cast<Eigen::Index>(outputs), static_cast<Eigen::Index>(inputs)) {}

void Linear::update(std::span<const float> master) {
    if (kind_ == Weights::real) {
        std::ranges::copy(master, values_.data());
        return;
    }
    scale_ =
        kind_ == Weights::ternary ? ternion::absmean_quantize(master, trits_) : ternion::sign_quantize(master, trits_);
    packed_ = ternion::pack<ternion::Interleaved2x16>(trits_, outputs_, inputs_, scale_);
    std::ranges::transform(trits_, values_.data(), [&](std::int8_t trit) { return scale_ * static_cast<float>(trit); });
}

void Linear::forward(const Inputs& x, Floats& y, bool add) const {
    y.conservativeResize(x.values.rows(), values_.rows());
    if (kind_ == Weights::real) {
        if (!add) y.setZero();
        y.noalias() += x.values * values_.transpose();
        return;
    }
    ternion::multiply(packed_.view(), x.quantised.view(), {0, outputs_},
                      ternion::Output<float>{y.data(), outputs_, add ? y.data() : nullptr, outputs_},
                      ternion::Serial{});
}

void Linear::backward(const Inputs& x, const Floats& dy, Floats& dx, std::span<float> dmaster) const {
    ternion::linear_backward(values_of(x.values), values_of(values_), values_of(dy),
                             static_cast<std::size_t>(dy.rows()), values_of(dx), dmaster);
}

}  // namespace train
