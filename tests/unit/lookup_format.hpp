#pragma once

// What the tests of packings that are looked up share.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "product.hpp"

namespace test {

/// A trit of a row-major matrix, or zero outside it.
inline int trit_or_zero(const std::vector<std::int8_t>& trits, ternion::Shape shape, std::size_t row, std::size_t k) {
    return row < shape.n && k < shape.k ? trits[row * shape.k + k] : 0;
}

/// Multiplies by these bytes on every arch and compares.
template <class P>
void check_product(const Product& product, const std::vector<std::byte>& bytes) {
    const std::size_t n = product.shape.n;
    Erased<ternion::Serial> serial;
    std::size_t tried = 0;
    for (const Kernel& kernel : all_kernels()) {
        if (kernel.packing != P::name) continue;
        for (const std::size_t m : {std::size_t{1}, std::size_t{2}, std::size_t{7}, product.x.m}) {
            std::vector<std::int32_t> y(m * n, poison);
            kernel.multiply_int32({product.shape, bytes.data()}, product.x.view(m), {0, n}, {y.data(), n}, serial);
            INFO(kernel.name() << ", M=" << m);
            CHECK(first_difference(y, std::span(product.expected).subspan(0, m * n)).empty());
        }
        ++tried;
    }
    CHECK(tried == archs_of<P>);
}

/// Fills all groups that lie in the padding with ones, indices and signs, and multiplies. is_padding(row, k) is asked
/// for the first input of each group.
template <class P, class IsPadding>
void check_padding(ternion::Shape shape, const IsPadding& is_padding) {
    const auto product = Product::random(shape, 20, 3);
    auto bytes = copy_of(ternion::pack<P>(product.trits, shape.n, shape.k).bytes());
    std::size_t filled = 0;
    for (std::size_t panel = 0; panel < ternion::ceil_div(shape.n, P::panel_rows); ++panel) {
        for (std::size_t chunk = 0; chunk < P::chunks(shape); ++chunk) {
            std::byte* data = bytes.data() + panel * P::panel_bytes(shape) + chunk * P::chunk_bytes;
            for (std::size_t i = 0; i < P::panel_rows * P::chunk_groups; ++i) {
                const std::size_t row = i % 16;
                const std::size_t group = i / 16;
                if (!is_padding(panel * 16 + row, chunk * P::chunk_inputs + group * P::lookup_inputs)) continue;
                data[group / 2 * 16 + row] |= std::byte{15} << (group % 2 == 0 ? 4 : 0);
                if constexpr (P::has_signs) data[64 + row] |= std::byte{1} << group;
                ++filled;
            }
        }
    }
    CHECK(filled > 0);
    const auto w = ternion::borrow<P>(bytes, shape.n, shape.k);
    std::vector<std::int8_t> trits(shape.size());
    ternion::unpack_trits(w, trits);
    CHECK(trits == product.trits);
    check_product<P>(product, bytes);
}

}  // namespace test
