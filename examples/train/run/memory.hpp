#pragma once

#include "../model/network.hpp"

namespace train {

/// The memory that a run takes, in bytes, without its data and the program itself.
struct Memory {
    double weights = 0;      // masters, both moments, gradients, and what layers compute with
    double activations = 0;  // as if all sequences were the longest and each token had a target

    double total() const { return weights + activations; }
};

/// For batches of the recipe's size, of sequences of up to `longest` tokens, as many parts of which are computed at
/// once as there are threads; `together` sequences, 2 for pairs, are never parted. A part ends with the sequence that
/// fills it, so that sequences of uneven length may take up to twice as much for activations.
Memory memory_of(const Recipe& recipe, std::size_t longest, std::size_t together, Activations activations,
                 std::size_t threads);

}  // namespace train
