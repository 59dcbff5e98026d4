#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <ternion/core/shape.hpp>
#include <vector>

#include "../memory.hpp"

namespace bench {

/// A multiplication that another library is asked for.
struct Product {
    ternion::Shape shape;
    std::size_t tokens;
    int threads;
    bool from_dram;  // distinct copies of the weights, as many as in_dram makes; otherwise one
};

/// That multiplication, made once with all that the library wants to prepare.
struct Rival {
    Copies weights;  // in the form that the library reads
    std::string label;
    std::function<void(std::size_t copy)> multiply;
    std::function<double(std::size_t m, std::size_t n)> result;
    std::function<double(std::size_t m, std::size_t n)> expected;  // by the definition, of the numbers it was given
};

/// Another library, or one of its types of weights.
struct RivalLibrary {
    std::string name;
    double bits_per_weight;
    double tolerance;  // of results, relative: what the rounding of its sums may do
    std::function<Rival(const Product& product)> make;
};

/// All that were found when this was built. Their weights are trits_of(shape), as numbers of their own types.
const std::vector<RivalLibrary>& rivals();

/// Makes a rival, multiplies once, and compares some results with the definition; where one differs, the program ends.
Rival checked_rival(const RivalLibrary& library, const Product& product);

/// The copies of some weights that a product walks through.
Copies copies_for(const Product& product, const Content& content);

/// The product of trits_of(shape) and random_activations(tokens, shape.k).
double product_of_trits(const Product& product, std::size_t m, std::size_t n);

// Each appends what its library offers.
void append_eigen(std::vector<RivalLibrary>& libraries);
void append_ggml(std::vector<RivalLibrary>& libraries);
void append_onednn(std::vector<RivalLibrary>& libraries);
void append_openblas(std::vector<RivalLibrary>& libraries);

}  // namespace bench
