#pragma once

#include <span>
#include <ternion/core/thread_pool.hpp>
#include <vector>

#include "batch.hpp"
#include "layer.hpp"

namespace train {

/// What a forward pass keeps of each layer for the backward pass: all that the layer computed, or what entered it
/// alone, from which the backward pass runs the layer forward once more. The gradients are the same to the bit.
enum class Activations { kept, recomputed };

/// What a forward pass found.
struct Loss {
    double sum = 0;  // cross entropy of the targets, in nats
    std::size_t asked = 0;
    std::vector<double> of_sequence = {};  // the sum of each
};

/// The whole decoder in training. It holds the weights as the forward pass uses them; the master weights are the
/// caller's. Const calls may run side by side, each with a State of its own.
class Network {
 public:
    explicit Network(const Recipe& recipe);
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    /// The working memory of a forward and backward pass.
    class State {
     public:
        explicit State(Activations of_layers = Activations::kept) : activations(of_layers) {}

     private:
        friend class Network;
        LayerState& layer(std::size_t index) { return layers[activations == Activations::kept ? index : 0]; }

        Activations activations;
        std::vector<Floats> entering;    // what enters each layer
        std::vector<LayerState> layers;  // of each, or of the one that was computed last
        Floats h, last, normed, logits, dh, dlast, dnormed;
        Stage::Workspace prepared;
        Gradients gradients;
        std::vector<std::size_t> asked;        // the tokens that have targets
        std::vector<std::size_t> sequence_of;  // those
    };

    const Layout& layout() const { return layout_; }
    /// Takes over new master weights, on several threads.
    void update(std::span<const float> master, ternion::ThreadPool& threads);
    /// Logits [targets that are asked for, vocab], in state.
    Loss forward(const Batch& batch, State& state) const;
    /// After `forward`: adds the gradients of the sum of the sequences' losses, each times its factor.
    void backward(const Batch& batch, State& state, std::span<const float> factors, std::span<float> gradients) const;
    /// The same for a part of a batch, in turn with the others, but for what is in `input_gradients` afterwards: those
    /// of the tokens' embeddings [tokens, hidden], which are added when all parts are done.
    void backward(const Batch& batch, State& state, std::span<const float> factors,
                  const WeightGradients& gradients) const;
    static const Floats& input_gradients(const State& state) { return state.dh; }
    void add_input_gradients(std::span<const int> tokens, const Floats& of_inputs, std::span<float> gradients) const;
    /// Where parts of a batch take turns.
    std::size_t places() const;
    /// After `forward` with activations that are kept: rounding becomes a constant that is added, for this batch and
    /// around these weights. What the straight-through estimator gives then is the derivative of the loss itself, which
    /// tests compare with differences.
    void freeze(std::span<const float> master, State& state);
    /// After `forward`: for each target that is asked for, whether its token had the largest logit.
    std::vector<bool> right(const Batch& batch, const State& state) const;
    const Floats& logits(const State& state) const { return state.logits; }

    /// For a file: the layers' matrix of that name, and the embedding as it is used.
    const Linear& matrix(const std::string& name);
    const Floats& embedding() const { return embedding_; }

 private:
    void layers_forward(const Batch& batch, State& state) const;
    void layers_backward(const Batch& batch, State& state, const WeightGradients& gradients) const;
    void head_backward(State& state, const WeightGradients& gradients) const;

    Recipe recipe_;
    Layout layout_;
    Rope rope_;
    std::vector<Layer> layers_;
    Floats embedding_;  // rounded to float16, as it is in a file; also the head
    ternion::RmsNorm output_norm_;
};

}  // namespace train
