#pragma once

namespace ternion {

class FloatActivations;

/// Activations stay the floats they are: what shows how much of a difference is the quantizer's. Products are a slow
/// reference (ops/float_product.hpp).
struct Unquantized {
    using Activations = FloatActivations;
};

}  // namespace ternion
