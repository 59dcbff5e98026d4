#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <ternion/runtime/any_quantizer.hpp>

#include "config.hpp"

namespace bitnet {

/// Zeros that the feed-forward part of a layer has met, of `values` each: of the gate behind its activation, and of the
/// inputs of `down`, quantised.
struct ZeroCounts {
    std::size_t values = 0, gate = 0, down = 0;

    void add_gates(Activation activation, std::span<const float> gates) {
        values += gates.size();
        gate += static_cast<std::size_t>(std::ranges::count_if(
            gates, [&](float x) { return activation == Activation::squared_relu ? x <= 0 : x == 0; }));
    }
    void add_inputs(const ternion::AnyActivations& x) {
        for (std::size_t t = 0; t < x.tokens(); ++t) {
            const auto count = [](const auto& row) { return static_cast<std::size_t>(std::ranges::count(row, 0)); };
            down += x.are_floats() ? count(x.floats().row(t)) : count(x.quantized().row(t));
        }
    }
};

}  // namespace bitnet
