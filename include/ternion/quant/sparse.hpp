#pragma once

#include "absmax.hpp"

namespace ternion {

class SparseActivations;

inline namespace TERNION_ABI {

/// A quantizer to int8 whose tokens have many zeros already, such as the gated squared ReLU before BitNet a4.8's down
/// projection: the integers and scales are Inner's, and products may skip the zeros. Sparse<> is a4.8's. Source: arXiv
/// 2411.04965, section 2.
template <class Inner = Absmax<8>>
struct Sparse : Inner {
    using Activations = SparseActivations;
};

}  // namespace TERNION_ABI
}  // namespace ternion
