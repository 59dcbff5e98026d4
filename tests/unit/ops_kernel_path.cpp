// Which kernel multiplies which packing. What makes a packing fast is detected, and detection fails silently.

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <ternion/ternion.hpp>

#include "kernels.hpp"

namespace {

using namespace ternion;

/// Backends whose masks are worth a kernel of their own.
bool fast_masks(std::string_view backend) {
    return backend.starts_with("avx");
}

/// The path that is expected. A packing that isn't named here has no optional members, and is unpacked.
KernelPath expected_path(std::string_view packing, std::string_view backend) {
    if (packing == Interleaved2x16::name) return KernelPath::panel;
    const bool looks_up = backend != "generic" && backend != "scalar";
    if (packing == Trits5x16::name) return looks_up ? KernelPath::panel : KernelPath::unpack;
    if (packing == PairLookup::name || packing == TripleLookup::name) return KernelPath::lookup;
    if (packing == BitPlanes::name) return fast_masks(backend) ? KernelPath::mask : KernelPath::unpack_simd;
    if (packing == Trits5Rows::name) return looks_up ? KernelPath::in_place : KernelPath::unpack;
    if (packing == ByInput<Trits5Rows>::name) return looks_up ? KernelPath::by_input : KernelPath::unpack;
    if (packing == ByInput<TwoBitRows>::name) return KernelPath::by_input;
    for (const auto name : {I2S::name, TQ1_0::name, TQ2_0::name, Q2_0::name, HuggingFace::name})
        if (packing == name) return KernelPath::in_place;
    return KernelPath::unpack;
}

TEST_CASE("every packing takes the path that it is meant to take on every arch", "[kernel_path]") {
    REQUIRE(test::all_kernels().size() == test::kernel_count);
    for (const test::Kernel& kernel : test::all_kernels()) {
        INFO(kernel.name());
        CHECK(to_string(kernel.path) == to_string(expected_path(kernel.packing, kernel.backend)));
    }
}

TEST_CASE("the path is known at compile time, by default for the default arch", "[kernel_path]") {
    static_assert(kernel_path<Int8> == kernel_path<Int8, default_arch>);
    static_assert(kernel_path<Int8, Scalar> == KernelPath::unpack);
    static_assert(kernel_path<Interleaved2x16> == KernelPath::panel);
    static_assert(kernel_path<PairLookup> == KernelPath::lookup);
    static_assert(kernel_path<Binary> == kernel_path<BitPlanes>);
    for (const test::Kernel& kernel : test::all_kernels()) {
        if (kernel.backend != backend_of<default_arch>::name || kernel.packing != Interleaved2x16::name) continue;
        CHECK(kernel.path == kernel_path<Interleaved2x16>);
    }
}

TEST_CASE("a path has a name", "[kernel_path]") {
    CHECK(to_string(KernelPath::unpack) == "unpack");
    CHECK(to_string(KernelPath::unpack_simd) == "unpack_simd");
    CHECK(to_string(KernelPath::in_place) == "in_place");
    CHECK(to_string(KernelPath::panel) == "panel");
    CHECK(to_string(KernelPath::lookup) == "lookup");
    CHECK(to_string(KernelPath::mask) == "mask");
    CHECK(to_string(KernelPath::by_input) == "by_input");
}

}  // namespace
