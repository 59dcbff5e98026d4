#pragma once

#include <span>
#include <string>

#include "attention.hpp"
#include "input_backward.hpp"
#include "turns.hpp"

namespace train {

/// What a layer's backward pass takes from its forward pass, beside what entered the layer, from which all of it
/// follows.
struct LayerState {
    explicit LayerState(const bitnet::Config& sizes) : attention(sizes) {}

    Floats between;  // the residual stream before the feed-forward part
    Inputs attn, attn_out, ffn, ffn_down;
    Floats q, k, v, attended;
    Floats gate, up, gated;
    std::vector<std::size_t> lengths;  // of the sequences
    Attention attention;
};

/// Gradients on their way back, for all layers in turn: kept, because fresh memory costs a fifth of the time.
struct Gradients {
    Floats normed, gated, gate, up, attended, q, k, v, scores;
};

/// A layer of the decoder in training:
///   h += o(attn_sub_norm(attention(rope(q), rope(k), v))), with q, k and v of attn_norm(h)
///   h += down(ffn_sub_norm(relu(gate)^2 · up)), with gate and up of ffn_norm(h)
class Layer {
 public:
    Layer(const Recipe& recipe, const Layout& layout, std::size_t index, const ternion::KernelTable& kernels);

    /// Takes over new master weights.
    void update(std::span<const float> master);
    /// h [tokens, hidden], of sequences of these lengths, becomes what leaves the layer. `prepared` is scratch memory
    /// that layers share.
    void forward(Floats& h, std::span<const std::size_t> lengths, const Rope& rope, LayerState& state,
                 Stage::Workspace& prepared) const;
    /// dh: the gradient of what left the layer, then of `entering`, which entered it. Adds the weights' gradients.
    void backward(Floats& dh, const Floats& entering, const Rope& rope, const LayerState& state, Gradients& d,
                  const WeightGradients& gradients) const;

    /// After `forward`: rounding becomes a constant that is added, of these weights and of the inputs in `state`.
    void freeze(std::span<const float> master, const Floats& entering, LayerState& state);

    /// The matrix of a tensor such as "blk.0.attn_q.weight"; null where it is none of this layer's.
    const Linear* matrix(const std::string& name);

 private:
    struct Matrix {
        Matrix(const Layout::Piece& of, Weights kind, const ternion::KernelTable& kernels)
            : piece(&of), linear(kind, of.tensor.rows, of.tensor.cols, kernels) {}
        const Layout::Piece* piece;
        Linear linear;
    };
    struct Norm {
        const Layout::Piece* piece;
        Stage stage;
    };
    Norm norm(const Recipe& recipe, const Layout& layout, std::size_t index, const char* name,
              bitnet::LayerInput input) const;
    Stage stage(const bitnet::InputQuantizer& quantizer, std::span<const float> weights) const;
    std::vector<Matrix*> matrices() { return {&q_, &k_, &v_, &o_, &gate_, &up_, &down_}; }
    std::vector<Norm*> norms() { return {&attn_norm_, &attn_sub_norm_, &ffn_norm_, &ffn_sub_norm_}; }
    void back(const Matrix& matrix, const Inputs& x, const Floats& dy, Floats& dx,
              const WeightGradients& gradients) const;
    void back(const Norm& norm, const Floats& x, Floats& dy, Floats& dx, const WeightGradients& gradients) const;
    void feed_forward_backward(Floats& dh, const LayerState& state, Gradients& d,
                               const WeightGradients& gradients) const;
    void attend_backward(Floats& dh, const Floats& entering, const Rope& rope, const LayerState& state, Gradients& d,
                         const WeightGradients& gradients) const;

    Weights kind_;
    float eps_;
    bool centred_;  // v1's norms
    const ternion::KernelTable& kernels_;
    Norm attn_norm_, attn_sub_norm_, ffn_norm_, ffn_sub_norm_;
    Matrix q_, k_, v_, o_, gate_, up_, down_;
};

}  // namespace train
