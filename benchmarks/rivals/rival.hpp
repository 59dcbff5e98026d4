#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <ternion/core/shape.hpp>

#include "../beside_limits.hpp"

namespace bench {

/// One dense multiplication by another library, made once with all that it wants to prepare.
struct Rival {
    Copies weights;  // in the form that the library reads
    std::string label;
    std::function<void()> multiply;
    std::function<double(std::size_t m, std::size_t n)> result;
};

/// Makes a rival that multiplies trits_of(shape), as numbers of its own type, by random_activations(m, shape.k).
using MakeRival = std::function<Rival(ternion::Shape shape, std::size_t m, int threads)>;

/// Registers rival/NAME/MxNxK/threads:T over the shapes of this run; `bits` are those of one of its weights. Results
/// are compared with the definition, where `tolerance` is what rounding may do.
void add_rivals(const std::string& name, double bits, double tolerance, const MakeRival& make);

}  // namespace bench
