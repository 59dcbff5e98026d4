#pragma once

// What is behind the handles.

#include <ternion/ternion.h>
#include <string_view>
#include <ternion/runtime/any_quantizer.hpp>
#include <ternion/runtime/any_ternary.hpp>

#include "arguments.hpp"
#include "kernels.hpp"
#include "status.hpp"

struct ternion_weights {
    const ternion_isa* isa;
    ternion::AnyTernary matrix;
};

struct ternion_activations {
    ternion::AnyActivations values;
};

namespace ternion_c {

/// What is asked for; the best one where that is NULL.
inline const ternion_isa& isa_or_best(const ternion_isa* isa) {
    return isa == nullptr ? best_isa() : *isa;
}

/// Names are literals, and so end with a zero.
inline const ternion::PackingKernels& packing_of(const ternion_isa& isa, const char* name) {
    required("packing", name);
    return by_name([&]() -> const ternion::PackingKernels& { return isa.table.packing(name); });
}

/// The bytes of a matrix, whose shape is checked.
inline std::size_t packed_bytes(const ternion::PackingInfo& packing, std::size_t n, std::size_t k) {
    check_shape("a matrix", n, k);
    // A row in panels may take more bytes than values.
    if (n > static_cast<std::size_t>(-1) / packing.bytes({1, k})) refuse("a matrix of so many rows is too large");
    return packing.bytes({n, k});
}

/// The rows of W's bytes, as one.
inline Rows bytes_of(const ternion_weights& weights) {
    const auto bytes = weights.matrix.bytes();
    return {"the bytes of weights", bytes.data(), 1, 1, bytes.size(), bytes.size()};
}

}  // namespace ternion_c
