// Packings without zeros on every arch: they stand in a list of their own, because the tests of all packings feed
// zeros.

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "allocation_count.hpp"
#include "product.hpp"
#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;

/// Calls f.operator()<P, Arch>() for each packing without zeros on each arch.
template <class F>
void for_each_kernel(F&& f) {
    std::size_t count = 0;
    for_each_type(binary_packings{}, [&]<class P>(std::type_identity<P>) {
        for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
            INFO(P::name << " on " << backend_of<Arch>::name << "/" << backend_of<Arch>::bytes);
            f.template operator()<P, Arch>();
            ++count;
        });
    });
    CHECK(count == binary_packings::size * all_archs::size);
}

test::Product random_product(Shape shape, std::size_t m, std::uint64_t seed) {
    return {shape, m, test::random_signs(shape.size(), seed), test::random_activations(m * shape.k, seed + 1)};
}

/// Multiplies with `m` tokens and compares; what lies behind the result must stay.
template <class P, class Arch>
void check(const test::Product& product, const PackedTernary<P>& w, std::size_t m) {
    const std::size_t n = product.shape.n;
    std::vector<std::int32_t> y(m * n + 1, test::poison);
    multiply<Arch>(w.view(), product.x.view(m), {0, n}, Output<std::int32_t>{y.data(), n});
    std::vector<std::int32_t> expected(product.expected.begin(),
                                       product.expected.begin() + static_cast<std::ptrdiff_t>(m * n));
    expected.push_back(test::poison);
    if (y != expected)
        FAIL_CHECK(to_string(product.shape) << ", M=" << m << ": " << test::first_difference(y, expected));
}

constexpr std::size_t batches[] = {1, 2, 3, 5, 17, 64, 65};

TEST_CASE("products without zeros are exact for ragged shapes and batches", "[multiply][binary]") {
    for_each_kernel([]<class P, class Arch>() {
        for (const std::size_t n : {1, 3, 4, 5, 17}) {
            for (const std::size_t k : {1, 2, 15, 16, 31, 33, 63, 64, 65, 127, 129, 257, 4095, 4097}) {
                const auto product = random_product({n, k}, 65, n + k);
                const auto w = pack<P>(product.trits, n, k);
                for (const std::size_t m : batches)
                    check<P, Arch>(product, w, m);
            }
        }
    });
}

TEST_CASE("products without zeros are exact where accumulators are fullest", "[multiply][binary]") {
    for_each_kernel([]<class P, class Arch>() {
        for (const std::size_t k : {128, 2048, 2176, 4096, 6912, 16401}) {
            for (const int trit : {-1, 1}) {
                for (const int q : {-128, 127}) {
                    const test::Product product({2, k}, 3,
                                                std::vector<std::int8_t>(2 * k, static_cast<std::int8_t>(trit)),
                                                std::vector<std::int8_t>(3 * k, static_cast<std::int8_t>(q)));
                    const auto w = pack<P>(product.trits, 2, k);
                    for (const std::size_t m : {1, 2, 3})
                        check<P, Arch>(product, w, m);
                }
            }
        }
        constexpr std::size_t longest = (std::size_t{1} << 20) + 3;
        const test::Product product({1, longest}, 1, std::vector<std::int8_t>(longest, -1),
                                    std::vector<std::int8_t>(longest, -128));
        check<P, Arch>(product, pack<P>(product.trits, 1, longest), 1);
    });
}

TEST_CASE("ranges, threads, scales and types of results work without zeros", "[multiply][binary]") {
    const auto product = random_product({21, 130}, 5, 9);
    const std::vector<float> row_scales = test::random_floats(21, 1, 2.0f);
    for_each_kernel([&]<class P, class Arch>() {
        const auto w = pack<P>(product.trits, 21, 130, 0.5f);
        for (const std::size_t m : {1, 2, 5}) {
            const auto x = product.x.view(m);
            std::vector<std::int32_t> part(m * 21, test::poison);
            multiply<Arch>(w.view(), x, {6, 15}, Output<std::int32_t>{part.data(), 21}, test::ThreadPool(3));
            std::vector<float> scaled(m * 21), by_rows(m * 21);
            multiply<Arch>(w.view(), x, {0, 21}, Output<float>{scaled.data(), 21});
            multiply<Arch>(with_row_scales(w, row_scales), x, {0, 21}, Output<float>{by_rows.data(), 21});
            for (std::size_t i = 0; i < m * 21; ++i) {
                const bool inside = i % 21 >= 6 && i % 21 < 15;
                const auto sum = static_cast<float>(product.expected[i]);
                const float x_scale = product.x.scales[i / 21];
                if (part[i] != (inside ? product.expected[i] : test::poison)) FAIL_CHECK("int32 " << i);
                if (scaled[i] != sum * (0.5f * x_scale)) FAIL_CHECK("float " << i);
                if (by_rows[i] != sum * (row_scales[i % 21] * x_scale)) FAIL_CHECK("row scales " << i);
            }
        }
    });
}

TEST_CASE("scales in groups are those of other packings", "[multiply][binary]") {
    const auto trits = test::random_signs(9 * 300, 2);
    const auto scales = test::random_floats(9 * 5, 3, 2.0f);
    const auto x = test::random_floats(4 * 300, 4);
    const auto w = pack<Int8>(trits, 9, 300);
    std::vector<float> expected(4 * 9), y(4 * 9);
    gemm(with_group_scales(w, scales, 64), x, 4, expected);
    for_each_type(binary_packings{}, [&]<class P>(std::type_identity<P>) {
        const auto packed = pack<P>(trits, 9, 300);
        gemm(with_group_scales(packed, scales, 64), x, 4, y);
        CHECK(y == expected);
    });
}

TEST_CASE("products without zeros allocate nothing", "[allocation][binary]") {
    const auto product = random_product({70, 300}, 65, 5);
    std::vector<std::int32_t> y(65 * 70);
    for_each_kernel([&]<class P, class Arch>() {
        const auto w = pack<P>(product.trits, 70, 300);
        for (const std::size_t m : batches) {
            const std::size_t before = test::allocation_count();
            multiply<Arch>(w.view(), product.x.view(m), {0, 70}, Output<std::int32_t>{y.data(), 70});
            CHECK(test::allocation_count() == before);
        }
    });
}

}  // namespace
