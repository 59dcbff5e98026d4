#pragma once

// What is checked of one packing on one arch.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <ternion/ternion.hpp>
#include <vector>

#include "isa_tests.hpp"
#include "products.hpp"

namespace isa {

/// FNV-1a, of bytes in order.
class Hash {
 public:
    void add(std::span<const std::byte> bytes) {
        for (const std::byte b : bytes)
            value_ = (value_ ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3u;
    }
    [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
    std::uint64_t value_ = 0xcbf29ce484222325u;
};

/// The one hash of the bytes that a packing makes of all products' trits, on every machine (golden_bytes.cpp).
void check_packed_bytes(Report& report, std::string_view packing, std::uint64_t found);

inline constexpr float w_scale = 0.75f;  // exact in every format that holds one

/// Whether two arrays of numbers hold the same bits.
template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
    const auto x = std::as_bytes(a);
    const auto y = std::as_bytes(b);
    return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

/// The product of the first m tokens: integers by ==, floats by their bits, in buffers that are poisoned and one value
/// too long.
template <class Arch, ternion::Packing P>
void check_product(Report& report, const std::string& name, ternion::TernaryView<P> w, const Product& product,
                   std::size_t m) {
    constexpr std::int32_t poison = 0x5a5a5a5a;
    const std::size_t n = product.shape.n;
    const auto x = product.view(m);
    std::vector<std::int32_t> expected(product.expected.data(), product.expected.data() + m * n);
    std::vector<float> expected_floats(m * n);
    for (std::size_t i = 0; i < m * n; ++i)
        expected_floats[i] = static_cast<float>(expected[i]) * (w_scale * product.scales[i / n]);
    expected.push_back(poison);
    expected_floats.push_back(static_cast<float>(poison));

    std::vector<std::int32_t> y(m * n + 1, poison);
    std::vector<float> floats(m * n + 1, static_cast<float>(poison));
    ternion::multiply<Arch>(w, x, {0, n}, ternion::Output<std::int32_t>{y.data(), n});
    ternion::multiply<Arch>(w, x, {0, n}, ternion::Output<float>{floats.data(), n});
    const std::string what = name + ", N=" + std::to_string(n) + " K=" + std::to_string(product.shape.k) +
                             " M=" + std::to_string(m) + " first trit " + std::to_string(product.trits[0]);
    report.check(y == expected, what + ": integers");
    report.check(same_bits<float>(floats, expected_floats), what + ": floats");
}

template <ternion::Packing P>
void check_packing(Report& report) {
    Hash hash;
    for (const Product& product : products()) {
        const auto [n, k] = product.shape;
        const auto w = ternion::pack<P>(product.trits, n, k, w_scale);
        hash.add(w.bytes());
        ternion::for_each_type(tested_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
            const std::string name = std::string(P::name) + " on " + std::string(ternion::backend_of<Arch>::name);
            for (const std::size_t m : product.batches)
                check_product<Arch>(report, name, w.view(), product, m);
        });
    }
    check_packed_bytes(report, P::name, hash.value());
}

}  // namespace isa
