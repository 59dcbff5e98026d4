#include "network.hpp"

#include <algorithm>
#include <bitnet_2b4t/compute/kernels.hpp>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace train {

using Index = Eigen::Index;

Network::Network(const Recipe& recipe)
    : recipe_(recipe),
      layout_(recipe.sizes),
      rope_(recipe.sizes),
      embedding_(static_cast<Index>(recipe.sizes.vocab), static_cast<Index>(recipe.sizes.hidden)),
      output_norm_(std::vector<float>(recipe.sizes.hidden, 1.0F), recipe.sizes.norm_eps) {
    for (std::size_t i = 0; i < recipe.sizes.layers; ++i)
        layers_.emplace_back(recipe_, layout_, i, *bitnet::find_kernels({}).ternary);
}

void Network::update(std::span<const float> master, ternion::ThreadPool& threads) {
    threads.parallel_for(layers_.size(), [&](std::size_t i, std::size_t) { layers_[i].update(master); });
    std::ranges::transform(layout_.of(master, "token_embd.weight"), embedding_.data(),
                           [](float x) { return static_cast<float>(ternion::Float16(x)); });
    output_norm_ = ternion::RmsNorm(layout_.of(master, "output_norm.weight"), recipe_.sizes.norm_eps);
}

/// From tokens to the residual stream after the last layer.
void Network::layers_forward(const Batch& batch, State& state) const {
    const auto tokens = static_cast<Index>(batch.tokens.size());
    const std::size_t kept = state.activations == Activations::kept ? layers_.size() : 1;
    if (state.layers.empty()) state.layers.assign(kept, LayerState(recipe_.sizes));
    state.entering.resize(layers_.size());
    state.h.resize(tokens, embedding_.cols());
    for (Index t = 0; t < tokens; ++t)
        state.h.row(t) = embedding_.row(batch.tokens[static_cast<std::size_t>(t)]);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        state.entering[i] = state.h;
        layers_[i].forward(state.h, batch.lengths, rope_, state.layer(i), state.prepared);
    }
}

/// The gradient of the residual stream after the last layer becomes that of what enters the first.
void Network::layers_backward(const Batch& batch, State& state, const WeightGradients& gradients) const {
    for (std::size_t i = layers_.size(); i-- > 0;) {
        const bool last = i + 1 == layers_.size();  // computed last of all, so its activations are still there
        if (state.activations == Activations::recomputed && !last) {
            state.h = state.entering[i];
            layers_[i].forward(state.h, batch.lengths, rope_, state.layer(i), state.prepared);
        }
        layers_[i].backward(state.dh, state.entering[i], rope_, state.layer(i), state.gradients, gradients);
    }
}

Loss Network::forward(const Batch& batch, State& state) const {
    layers_forward(batch, state);
    state.asked.clear();
    state.sequence_of.clear();
    std::size_t t = 0;
    for (std::size_t sequence = 0; sequence < batch.sequences(); ++sequence) {
        for (const std::size_t end = t + batch.lengths[sequence]; t < end; ++t) {
            if (batch.targets[t] < 0) continue;
            state.asked.push_back(t);
            state.sequence_of.push_back(sequence);
        }
    }
    Floats& last = state.last;
    last.resize(static_cast<Index>(state.asked.size()), state.h.cols());
    for (Index i = 0; i < last.rows(); ++i)
        last.row(i) = state.h.row(static_cast<Index>(state.asked[static_cast<std::size_t>(i)]));
    state.normed.resize(last.rows(), last.cols());
    output_norm_(values_of(last), values_of(state.normed));
    state.logits.noalias() = state.normed * embedding_.transpose();

    Loss loss{0, state.asked.size(), std::vector<double>(batch.sequences())};
    for (Index i = 0; i < state.logits.rows(); ++i) {
        const auto row = state.logits.row(i);
        const float peak = row.maxCoeff();
        const auto at = static_cast<std::size_t>(i);
        const float one = std::log((row.array() - peak).exp().sum()) + peak - row(batch.targets[state.asked[at]]);
        loss.of_sequence[state.sequence_of[at]] += static_cast<double>(one);
    }
    loss.sum = std::accumulate(loss.of_sequence.begin(), loss.of_sequence.end(), 0.0);
    return loss;
}

/// The embedding's rows whose gradients, as the head's, are added in one turn: nobody waits for all of them.
constexpr Index head_rows = 2048;

std::size_t Network::places() const {
    return layout_.pieces().size() + static_cast<std::size_t>((embedding_.rows() + head_rows - 1) / head_rows);
}

/// From the gradients of the logits to those of what enters the head.
void Network::head_backward(State& state, const WeightGradients& gradients) const {
    const Floats& dlogits = state.logits;
    state.dnormed.noalias() = dlogits * embedding_;
    const Layout::Piece& head = layout_.piece("token_embd.weight");
    Eigen::Map<Floats> sums(gradients.of(head).data(), embedding_.rows(), embedding_.cols());
    std::size_t place = layout_.pieces().size();
    for (Index row = 0; row < sums.rows(); row += head_rows, ++place) {
        const Index rows = std::min(head_rows, sums.rows() - row);
        gradients.in_turn(place, [&] {
            sums.middleRows(row, rows).noalias() += dlogits.middleCols(row, rows).transpose() * state.normed;
        });
    }
    state.dlast.setZero(state.last.rows(), state.last.cols());
    gradients.add(layout_.piece("output_norm.weight"), [&](std::span<float> norm) {
        ternion::rms_norm_backward(output_norm_, values_of(state.last), values_of(state.dnormed),
                                   values_of(state.dlast), norm);
    });
}

void Network::backward(const Batch& batch, State& state, std::span<const float> factors,
                       const WeightGradients& gradients) const {
    Floats& dlogits = state.logits;
    for (Index i = 0; i < dlogits.rows(); ++i) {
        auto row = dlogits.row(i).array();
        const float factor = factors[state.sequence_of[static_cast<std::size_t>(i)]];
        row = (row - row.maxCoeff()).exp();
        row *= factor / row.sum();
        row(batch.targets[state.asked[static_cast<std::size_t>(i)]]) -= factor;
    }
    head_backward(state, gradients);
    state.dh.setZero(state.h.rows(), state.h.cols());
    for (Index i = 0; i < state.dlast.rows(); ++i)
        state.dh.row(static_cast<Index>(state.asked[static_cast<std::size_t>(i)])) = state.dlast.row(i);
    layers_backward(batch, state, gradients);
}

void Network::add_input_gradients(std::span<const int> tokens, const Floats& of_inputs,
                                  std::span<float> gradients) const {
    const auto sums = layout_.of(gradients, "token_embd.weight");
    for (Index t = 0; t < of_inputs.rows(); ++t) {
        const auto token = static_cast<std::size_t>(tokens[static_cast<std::size_t>(t)]);
        const auto row = sums.subspan(token * recipe_.sizes.hidden, recipe_.sizes.hidden);
        Eigen::Map<Eigen::RowVectorXf>(row.data(), of_inputs.cols()) += of_inputs.row(t);
    }
}

void Network::backward(const Batch& batch, State& state, std::span<const float> factors,
                       std::span<float> gradients) const {
    backward(batch, state, factors, WeightGradients(gradients));
    add_input_gradients(batch.tokens, state.dh, gradients);
}

void Network::freeze(std::span<const float> master, State& state) {
    for (std::size_t i = 0; i < layers_.size(); ++i)
        layers_[i].freeze(master, state.entering[i], state.layers.at(i));
}

std::vector<bool> Network::right(const Batch& batch, const State& state) const {
    std::vector<bool> right;
    for (Index i = 0; i < state.logits.rows(); ++i) {
        Index best = 0;
        state.logits.row(i).maxCoeff(&best);
        right.push_back(best == batch.targets[state.asked[static_cast<std::size_t>(i)]]);
    }
    return right;
}

const Linear& Network::matrix(const std::string& name) {
    for (Layer& layer : layers_) {
        if (const Linear* found = layer.matrix(name)) return *found;
    }
    throw std::out_of_range("no matrix " + name);
}

}  // namespace train
