#pragma once

// Weight packings with every activation policy on the archs of this build, as layers: a table that tests loop over,
// filled by family_slice*.cpp, some packings each.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <ternion/ternion.hpp>
#include <vector>

#include "test_executor.hpp"

namespace test {

using family_packings =
    ternion::type_list<ternion::Int8, ternion::I2S, ternion::TQ1_0, ternion::TQ2_0, ternion::Q2_0, ternion::HuggingFace,
                       ternion::Interleaved2x16, ternion::Trits5x16, ternion::PairLookup, ternion::TripleLookup,
                       ternion::BitPlanes, ternion::Binary>;
static_assert(family_packings::size == ternion::all_packings::size + ternion::binary_packings::size);

/// The packings that have products of their own for some policies, and what they are compared with, run on every arch
/// of the build; the others, which all take the same path, on the widest: all on all are 15 minutes of compiling.
template <class P>
inline constexpr bool on_all_archs = std::same_as<P, ternion::Int8> || std::same_as<P, ternion::Interleaved2x16> ||
                                     std::same_as<P, ternion::BitPlanes> || std::same_as<P, ternion::Binary>;
inline constexpr std::size_t packings_on_all_archs = 4;

/// A policy and how messages name it.
template <class P>
struct Named {
    using policy = P;
    std::string_view name;
};

/// What is to be multiplied: weights W[N,K], and tokens X[M,K] before they are quantised.
struct LayerInput {
    ternion::Shape shape;
    const std::vector<std::int8_t>& trits;
    std::size_t m;
    const std::vector<float>& x;
};

/// BitLinear<Packing, Policy, NoNorm, Arch>: y = W · quantised(x), or y += with `add`.
struct Layer {
    std::string_view packing;
    std::string_view backend;
    std::string_view policy;
    bool holds_zeros;
    void (*forward)(const LayerInput& input, std::span<float> y, bool add, AnyExecutor& executor);

    [[nodiscard]] std::string name() const {
        return std::string(packing) + " x " + std::string(policy) + " on " + std::string(backend);
    }
};

inline constexpr float weight_scale = 0.21f;

/// A slice takes two packings.
inline constexpr std::size_t family_slices = (family_packings::size + 1) / 2;

template <std::size_t Slice>
void append_layers(std::vector<Layer>& layers);

}  // namespace test
