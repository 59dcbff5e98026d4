#pragma once

#include <bitnet_2b4t/model/layer_inputs.hpp>
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

/// The library's layer and the stage that layers share, with the norms and quantizers that the decoder has.
using BitLinear = ternion::BitLinear<ternion::AnyTernary, bitnet::InputQuantizer>;
using Stage = ternion::InputStage<bitnet::InputNorm, bitnet::InputQuantizer>;

/// What linear layers that share an input compute with: quantised(norm(x)), as the family's paper has it, or without
/// any rounding where the weights are real. `values` are the numbers that the integers stand for, which the backward
/// pass needs; the integers themselves are `prepared` until the next inputs are.
struct Inputs {
    Floats values;
    /// What rounding has added to each value, once it is frozen: from then on a constant.
    std::optional<Floats> rounding;

    void prepare(const Stage& stage, const Floats& x, Weights kind, Stage::Workspace& prepared);
    void freeze(const Stage& stage, const Floats& x);
};

/// A matrix W [outputs, inputs] in training. `update` quantises the master weights anew after each step; the layer is
/// then a BitLinear, exact as it is when the trained model is used, or real weights to compare with.
class Linear {
 public:
    /// `kernels` are those of the packing that the trits go into.
    Linear(Weights kind, std::size_t outputs, std::size_t inputs, const ternion::KernelTable& kernels);

    void update(std::span<const float> master);
    /// From now on rounding adds to the weights what it adds to these, a constant.
    void freeze(std::span<const float> master);
    /// y = W · x, or y += W · x, for inputs that have just been prepared.
    void forward(const Inputs& x, const Stage::Workspace& prepared, Floats& y, bool add = false) const;
    /// Adds the gradients of the inputs.
    void backward_inputs(const Inputs& x, const Floats& dy, Floats& dx) const;
    /// Adds, by the straight-through estimator, the gradients of the master weights.
    void backward_weights(const Inputs& x, const Floats& dy, std::span<float> dmaster) const;

    std::size_t outputs() const { return outputs_; }
    std::size_t inputs() const { return inputs_; }
    /// For a file: the trits and the scale that multiplies them.
    const ternion::AnyTernary& weights() const { return layer_->weights(); }

 private:
    Weights kind_;
    std::size_t outputs_, inputs_;
    const ternion::KernelTable& kernels_;
    std::optional<BitLinear> layer_;  // nothing where the weights are real
    Floats values_;                   // of the weights, as the forward pass uses them
    std::optional<Floats> rounding_;  // of frozen weights
};

}  // namespace train
