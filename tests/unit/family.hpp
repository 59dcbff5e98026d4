#pragma once

// Weight packings with every activation policy on every arch of this build. Which product a pair takes is decided by
// the type of the activations, so there are two tables, and tests loop over their pairs: how a packing multiplies each
// type of activations (filled by kernels_slice*.cpp beside the kernels that it shares with those tables, and by
// family_binary.cpp), and how a policy fills its type (family_quantizers.cpp). A BitLinear is one after the other.

#include <cstddef>
#include <span>
#include <string_view>
#include <ternion/ternion.hpp>
#include <tuple>
#include <vector>

#include "kernels.hpp"
#include "test_executor.hpp"

namespace test {

template <class Activations>
using MultiplyActivations = void (*)(const MatrixBytes&, const Activations&, const ternion::Output<float>&,
                                     AnyExecutor&);

/// One packing on one arch: ternion::multiply<Arch> on TernaryView<P> for each type of activations.
struct ActivationProducts {
    std::string_view packing;
    std::string_view backend;
    std::size_t register_bytes;
    bool holds_zeros;
    std::vector<std::byte> (*pack)(std::span<const std::int8_t> trits, ternion::Shape shape);
    std::tuple<MultiplyActivations<ternion::QuantizedActivations>, MultiplyActivations<ternion::SparseActivations>,
               MultiplyActivations<ternion::SplitActivations>, MultiplyActivations<ternion::SignActivations>>
        multiply;
};

/// Kernels' slices, and one of the packings without zeros.
inline constexpr std::size_t product_slices = kernel_slices + 1;

template <std::size_t Slice>
void append_products(std::vector<ActivationProducts>& products);

/// Tokens X[M,K] before they are quantised, and weights W[N,K] to multiply them with.
struct LayerInput {
    const MatrixBytes& w;
    std::size_t m;
    std::span<const float> x;
};

/// One policy on one arch: quantises x and multiplies what holds it; y = W · quantised(x), or y += with `add`.
struct Quantizer {
    std::string_view policy;
    std::string_view backend;
    std::size_t register_bytes;
    void (*forward)(const ActivationProducts& products, const LayerInput& input, std::span<float> y, bool add,
                    AnyExecutor& executor);
};

/// Of every policy on every arch.
const std::vector<Quantizer>& all_quantizers();

}  // namespace test
