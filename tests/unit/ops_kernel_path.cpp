// Which kernel multiplies which packing. What makes a packing fast is detected, and detection fails silently.

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <ternion/ternion.hpp>

#include "kernels.hpp"

namespace {

using namespace ternion;

/// The path that is expected. A packing that isn't named here has no optional members, and is unpacked.
KernelPath expected_path(std::string_view packing, std::string_view backend) {
    if (packing == Interleaved2x16::name) return KernelPath::panel;
    if (packing == Trits5x16::name) return backend == "avx512vbmi" ? KernelPath::panel : KernelPath::unpack;
    for (const auto name : {I2S::name, TQ1_0::name, TQ2_0::name, HuggingFace::name})
        if (packing == name) return KernelPath::unpack_simd;
    return KernelPath::unpack;
}

std::string name_of(KernelPath path) {
    switch (path) {
        case KernelPath::unpack:
            return "unpack";
        case KernelPath::unpack_simd:
            return "unpack_simd";
        case KernelPath::panel:
            return "panel";
    }
    return "unknown";
}

TEST_CASE("every packing takes the path that it is meant to take on every arch", "[kernel_path]") {
    REQUIRE(test::all_kernels().size() == test::kernel_count);
    for (const test::Kernel& kernel : test::all_kernels()) {
        INFO(kernel.name());
        CHECK(name_of(kernel.path) == name_of(expected_path(kernel.packing, kernel.backend)));
    }
}

TEST_CASE("the path is known at compile time, by default for the default arch", "[kernel_path]") {
    static_assert(kernel_path<Int8> == kernel_path<Int8, default_arch>);
    static_assert(kernel_path<Int8, Scalar> == KernelPath::unpack);
    static_assert(kernel_path<Interleaved2x16> == KernelPath::panel);
    for (const test::Kernel& kernel : test::all_kernels()) {
        if (kernel.backend != backend_of<default_arch>::name || kernel.packing != Interleaved2x16::name) continue;
        CHECK(kernel.path == kernel_path<Interleaved2x16>);
    }
}

}  // namespace
