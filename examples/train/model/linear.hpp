#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <ternion/nn/straight_through.hpp>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "recipe.hpp"

namespace train {

using Floats = ternion::RowMajorMatrix<float>;
using ternion::values_of;

/// The library's layer, with a product that is chosen at run time, and the stage that layers share.
using BitLinear = ternion::BitLinear<ternion::AnyTernary>;
using Stage = ternion::InputStage<ternion::RmsNorm>;

/// What linear layers that share an input compute with: norm(x), quantised by b1.58's absmax to 8 bits unless the
/// weights are real. `values` are the numbers that the integers stand for.
struct Inputs {
    Stage::Workspace prepared;
    Floats values;

    void prepare(const Stage& stage, const Floats& x, Weights kind);
};

/// A matrix W [outputs, inputs] in training. `update` quantises the master weights anew after each step; the layer is
/// then a BitLinear, exact as it is when the trained model is used, or real weights to compare with.
class Linear {
 public:
    /// `packing` is where the trits go.
    Linear(Weights kind, std::size_t outputs, std::size_t inputs, const ternion::PackingKernels& packing);

    void update(std::span<const float> master);
    /// y = W · x, or y += W · x.
    void forward(const Inputs& x, Floats& y, bool add = false) const;
    /// Adds the gradients of the inputs and, by the straight-through estimator, of the master weights.
    void backward(const Inputs& x, const Floats& dy, Floats& dx, std::span<float> dmaster) const;

    std::size_t outputs() const { return outputs_; }
    std::size_t inputs() const { return inputs_; }
    /// For a file: the trits and the scale that multiplies them.
    const ternion::AnyTernary& weights() const { return layer_->weights(); }

 private:
    Weights kind_;
    std::size_t outputs_, inputs_;
    const ternion::PackingKernels& packing_;
    std::optional<BitLinear> layer_;  // nothing where the weights are real
    Floats values_;                   // of the weights, as the forward pass uses them
};

}  // namespace train
