#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <ternion/nn/straight_through.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "recipe.hpp"

namespace train {

using Floats = ternion::RowMajorMatrix<float>;
using ternion::values_of;

/// What linear layers that share their inputs compute with: norm(x), quantised by b1.58's absmax to 8 bits unless the
/// weights are real. `values` are the numbers that the integers stand for.
struct Inputs {
    ternion::QuantizedActivations quantised;
    Floats values;

    void prepare(const ternion::RmsNorm& norm, const Floats& x, Weights kind);
};

/// A matrix W [outputs, inputs] in training. `update` quantises the master weights anew after each step; the products
/// are then the library's own, exact as they are when the trained model is used.
class Linear {
 public:
    Linear(Weights kind, std::size_t outputs, std::size_t inputs);

    void update(std::span<const float> master);
    /// y = W · x, or y += W · x.
    void forward(const Inputs& x, Floats& y, bool add = false) const;
    /// Adds the gradients of the inputs and, by the straight-through estimator, of the master weights.
    void backward(const Inputs& x, const Floats& dy, Floats& dx, std::span<float> dmaster) const;

    std::size_t outputs() const { return outputs_; }
    std::size_t inputs() const { return inputs_; }
    /// For a file: -1, 0 and +1, and the scale that multiplies them.
    std::span<const std::int8_t> trits() const { return trits_; }
    float scale() const { return scale_; }

 private:
    using Packed = ternion::PackedTernary<ternion::Interleaved2x16>;

    Weights kind_;
    std::size_t outputs_, inputs_;
    std::vector<std::int8_t> trits_;
    float scale_ = 1;
    Packed packed_;
    Floats values_;  // what the trits stand for
};

}  // namespace train
