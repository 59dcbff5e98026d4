#include "memory.hpp"

#include <algorithm>

#include "trainer.hpp"

namespace train {

namespace {

constexpr double bytes_of_float = 4, bytes_of_trit = 0.25;

/// Of a tensor's number: the master, two moments, the gradient, and what layers compute with.
double bytes_of_weight(const bitnet::ModelTensor& tensor, Weights kind) {
    const bool packed = tensor.kind == bitnet::ModelTensor::Kind::ternary && kind != Weights::real;
    return 5 * bytes_of_float + (packed ? bytes_of_trit : 0);
}

/// The most tokens of a part of a batch, if all that stay together are the longest.
std::size_t tokens_of_part(std::size_t batch, std::size_t longest) {
    const std::size_t count = (batch + Trainer::parts * longest - 1) / (Trainer::parts * longest);
    return count * longest;
}

}  // namespace

Memory memory_of(const Recipe& recipe, std::size_t longest, std::size_t together, Activations activations,
                 std::size_t threads) {
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
    const std::size_t batch = std::max(recipe.rows * recipe.length, together * longest);
    const std::size_t part = tokens_of_part(batch, together * longest);
    const std::size_t at_once = std::min({threads, Trainer::parts, (batch + part - 1) / part});
    const double of_part = number(part) * token + length * length * bytes_of_float;
    memory.activations = number(at_once) * of_part + number(batch) * hidden * bytes_of_float;
    return memory;
}

}  // namespace train
