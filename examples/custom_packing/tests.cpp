// The kernels of this example's packings on every arch, for the library's typed tests; and what is the example's own.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "kernels_slice.hpp"

template void test::append_kernels<0>(std::vector<Kernel>&);
template void test::append_kernels<1>(std::vector<Kernel>&);
template void test::append_kernels<2>(std::vector<Kernel>&);
template void test::append_kernels<3>(std::vector<Kernel>&);
template void test::append_kernels<4>(std::vector<Kernel>&);
template void test::append_kernels<5>(std::vector<Kernel>&);
template void test::append_kernels<6>(std::vector<Kernel>&);
template void test::append_kernels<7>(std::vector<Kernel>&);

namespace {

using custom::SparseBlocks;

TEST_CASE("the hook of a packing from outside is found on every arch", "[custom]") {
    std::size_t found = 0;
    for (const test::Kernel& kernel : test::all_kernels()) {
        if (kernel.packing != SparseBlocks::name) continue;
        CHECK(kernel.path == ternion::KernelPath::unpack_simd);
        ++found;
    }
    CHECK(found == ternion::all_archs::size);
}

TEST_CASE("blocks of zeros aren't stored, and flags that are none are refused", "[custom]") {
    std::vector<std::int8_t> trits(2 * 600, 0);
    trits[600 + 512] = 1;  // row 1, block 2
    const auto w = ternion::pack<SparseBlocks>(trits, 2, 600);
    auto bytes = test::copy_of(w.bytes());
    std::vector<std::byte> expected(2 * 3 * 65, std::byte{0});
    expected[3 * 65 + 2] = std::byte{1};
    std::fill_n(expected.begin() + 3 * 65 + 3, 64, std::byte{0x55});
    expected[3 * 65 + 3] = std::byte{0x56};
    CHECK(bytes == expected);
    bytes[1] = std::byte{2};
    CHECK_THROWS_MATCHES(ternion::borrow<SparseBlocks>(bytes, 2, 600), std::invalid_argument,
                         Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring("row 0, column 256 ")));
}

}  // namespace
