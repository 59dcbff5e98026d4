#include "memory.hpp"

#include <algorithm>

#include "trainer.hpp"

namespace train {

namespace {

constexpr double bytes_of_float = 4, bytes_of_trit = 0.25;

/// Of a tensor's number: all that there is one of for each weight.
double bytes_of_weight(const bitnet::ModelTensor& tensor, Weights kind) {
    const double master_and_moments = 3, gradients = static_cast<double>(Trainer::parts), as_used = 1;
    const bool packed = tensor.kind == bitnet::ModelTensor::Kind::ternary && kind != Weights::real;
    return (master_and_moments + gradients + as_used) * bytes_of_float + (packed ? bytes_of_trit : 0);
}

}  // namespace

Memory memory_of(const Recipe& recipe, std::size_t longest, Activations activations) {
    Memory memory;
    const Layout layout(recipe.sizes);
    for (const Layout::Piece& piece : layout.pieces())
        memory.weights += static_cast<double>(piece.size()) * bytes_of_weight(piece.tensor, recipe.weights);

    const auto number = [](std::size_t n) { return static_cast<double>(n); };
    const bitnet::Config& sizes = recipe.sizes;
    const double hidden = number(sizes.hidden), ffn = number(sizes.ffn), length = number(longest);
    const double query = number(sizes.heads * sizes.head_dim), kv = number(sizes.kv_heads * sizes.head_dim);
    const double widest = std::max({hidden, query, ffn});
    // Of a token: LayerState with the softmax of each head; Gradients; and the rest of Network::State, where inputs are
    // prepared as floats that are normalised, others that are rotated or thinned out, and integers.
    const double state = bytes_of_float * (3 * hidden + 3 * query + 2 * kv + 4 * ffn + number(sizes.heads) * length);
    const double backward = bytes_of_float * (widest + 3 * ffn + 2 * query + 2 * kv);
    const double prepared = (2 * bytes_of_float + 1) * widest;
    const double ends = bytes_of_float * (6 * hidden + number(sizes.vocab));
    const double states = activations == Activations::kept ? number(sizes.layers) : 1;
    const double token = states * state + number(sizes.layers) * hidden * bytes_of_float + backward + prepared + ends;
    const double tokens = number(std::max(recipe.rows * recipe.length, longest));
    memory.activations = tokens * token + number(Trainer::parts) * length * length * bytes_of_float;
    return memory;
}

}  // namespace train
