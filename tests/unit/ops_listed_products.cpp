// Products over a list of rows or of inputs: the integers of the product with all of them, whatever the list.

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace test;
using ternion::ActivationView;
using ternion::ListedActivations;
using ternion::RowRange;
using ternion::Shape;

using List = std::vector<std::uint32_t>;

constexpr std::array<std::size_t, 5> densities{0, 1, 20, 50, 100};  // percent

/// Each number below `limit` with this probability, in ascending order.
List random_list(std::size_t limit, std::size_t percent, std::uint64_t seed) {
    Random random(seed);
    List list;
    for (std::size_t i = 0; i < limit; ++i)
        if (random.below(100) < percent) list.push_back(static_cast<std::uint32_t>(i));
    return list;
}

/// Activations whose inputs outside of the list are zero in every token, and others in some.
std::vector<std::int8_t> listed_activations(std::size_t m, std::size_t k, const List& list, std::uint64_t seed) {
    const auto random = random_activations(m * k, seed);
    std::vector<std::int8_t> q(m * k, 0);
    for (std::size_t t = 0; t < m; ++t) {
        for (const std::size_t i : list)
            if ((i + t) % 3 != 0 || t == 0) q[t * k + i] = random[t * k + i];
    }
    return q;
}

/// What a poisoned Y[M,N] holds after the product of some rows.
template <class Written>
std::vector<std::int32_t> expected_where(const Product& product, std::size_t m, Written&& written) {
    const std::size_t n = product.shape.n;
    std::vector<std::int32_t> y(m * n + 1, poison);
    for (std::size_t t = 0; t < m; ++t)
        for (std::size_t row = 0; row < n; ++row)
            if (written(row)) y[t * n + row] = product.expected[t * n + row];
    return y;
}

ternion::TernaryBytes bytes_of(const Kernel& kernel, Shape shape, const std::vector<std::byte>& packed) {
    return {&kernel.kernels.packing, shape, packed.data(), 1};
}

/// Multiplies the listed inputs by a range of rows with every kernel, and counts the comparisons.
std::size_t check_inputs(const Product& product, std::span<const std::size_t> tokens, const List& list, RowRange rows) {
    std::size_t compared = 0;
    for (const Kernel& kernel : all_kernels()) {
        const auto packed = kernel.pack(product.trits, product.shape);
        for (const std::size_t m : tokens) {
            std::vector<std::int32_t> y(m * product.shape.n + 1, poison);
            kernel.kernels.multiply_listed_inputs(bytes_of(kernel, product.shape, packed), {product.x.view(m), list},
                                                  rows, ternion::Output<std::int32_t>{y.data(), product.shape.n});
            const auto inside = [&](std::size_t row) { return row >= rows.begin && row < rows.end; };
            if (const auto difference = first_difference(y, expected_where(product, m, inside)); !difference.empty()) {
                FAIL_CHECK(kernel.name() << ", N=" << product.shape.n << " K=" << product.shape.k << " M=" << m << ", "
                                         << list.size() << " inputs: y" << difference);
            }
            ++compared;
        }
    }
    return compared;
}

/// The same for the listed rows.
std::size_t check_rows(const Product& product, std::span<const std::size_t> tokens, const List& list) {
    std::size_t compared = 0;
    for (const Kernel& kernel : all_kernels()) {
        const auto packed = kernel.pack(product.trits, product.shape);
        for (const std::size_t m : tokens) {
            std::vector<std::int32_t> y(m * product.shape.n + 1, poison);
            kernel.kernels.multiply_listed_rows(bytes_of(kernel, product.shape, packed), product.x.view(m), list,
                                                ternion::Output<std::int32_t>{y.data(), product.shape.n});
            const auto is_listed = [&](std::size_t row) { return std::ranges::binary_search(list, row); };
            if (const auto difference = first_difference(y, expected_where(product, m, is_listed));
                !difference.empty()) {
                FAIL_CHECK(kernel.name() << ", N=" << product.shape.n << " K=" << product.shape.k << " M=" << m << ", "
                                         << list.size() << " rows: y" << difference);
            }
            ++compared;
        }
    }
    return compared;
}

constexpr std::array<Shape, 10> shapes{
    {{1, 1}, {3, 17}, {64, 63}, {65, 64}, {319, 65}, {321, 130}, {257, 259}, {645, 128}, {70, 640}, {70, 641}}};

TEST_CASE("the product over a list of inputs is the product", "[listed]") {
    constexpr std::array<std::size_t, 5> tokens{1, 2, 5, 9, 17};
    std::size_t compared = 0;
    for (const Shape shape : shapes) {
        for (const std::size_t percent : densities) {
            const List list = random_list(shape.k, percent, shape.n + percent);
            const Product product(shape, 17, random_trits(shape.size(), shape.k),
                                  listed_activations(17, shape.k, list, shape.k));
            compared += check_inputs(product, tokens, list, {0, shape.n});
        }
    }
    CHECK(compared == shapes.size() * densities.size() * tokens.size() * kernel_count);
}

TEST_CASE("a list of inputs may hold more than those with a value", "[listed]") {
    constexpr std::array<std::size_t, 8> tokens{1, 2, 3, 4, 5, 6, 7, 8};
    const List few = random_list(700, 10, 1);
    List more = random_list(700, 30, 2);
    more.insert(more.end(), few.begin(), few.end());
    std::ranges::sort(more);
    more.erase(std::unique(more.begin(), more.end()), more.end());
    const Product product({330, 700}, 8, random_trits(330 * 700, 3), listed_activations(8, 700, few, 4));
    CHECK(check_inputs(product, tokens, more, {0, 330}) == tokens.size() * kernel_count);
    CHECK(check_inputs(product, tokens, few, {0, 330}) == tokens.size() * kernel_count);
}

TEST_CASE("a range of rows of a product over a list of inputs is written and no other", "[listed]") {
    constexpr std::array<std::size_t, 2> tokens{1, 3};
    const List list = random_list(300, 20, 5);
    const Product product({1000, 300}, 3, random_trits(1000 * 300, 6), listed_activations(3, 300, list, 7));
    constexpr std::array<RowRange, 8> ranges{
        {{0, 0}, {0, 1}, {1, 63}, {64, 128}, {16, 336}, {319, 321}, {48, 960}, {999, 1000}}};
    std::size_t compared = 0;
    for (const RowRange rows : ranges)
        compared += check_inputs(product, tokens, list, rows);
    CHECK(compared == ranges.size() * tokens.size() * kernel_count);
}

TEST_CASE("accumulators of a list of inputs are fullest", "[listed]") {
    constexpr std::array<std::size_t, 2> tokens{1, 8};
    std::size_t compared = 0;
    for (const std::size_t k : {63, 64, 65, 128, 4096, 6912}) {
        List all(k);
        for (std::size_t i = 0; i < k; ++i)
            all[i] = static_cast<std::uint32_t>(i);
        for (const int q : {-128, 127}) {
            for (const int trit : {-1, 1}) {
                const Product product({3, k}, 8, std::vector<std::int8_t>(3 * k, static_cast<std::int8_t>(trit)),
                                      std::vector<std::int8_t>(8 * k, static_cast<std::int8_t>(q)));
                compared += check_inputs(product, tokens, all, {0, 3});
            }
        }
    }
    CHECK(compared == 6 * 4 * tokens.size() * kernel_count);
}

TEST_CASE("listed rows are those of the product, and no other is written", "[listed]") {
    constexpr std::array<std::size_t, 4> tokens{1, 2, 5, 9};
    std::size_t compared = 0;
    for (const Shape shape : shapes) {
        const Product product = Product::random(shape, 9, shape.n);
        for (const std::size_t percent : densities)
            compared += check_rows(product, tokens, random_list(shape.n, percent, shape.k + percent));
    }
    const Product longer({600, 2600}, 9, random_trits(600 * 2600, 8), std::vector<std::int8_t>(9 * 2600, -128));
    compared += check_rows(longer, tokens, random_list(600, 20, 9));
    CHECK(compared == (shapes.size() * densities.size() + 1) * tokens.size() * kernel_count);
}

TEST_CASE("results of a list are dequantised, scaled and added like all", "[listed]") {
    const Shape shape{330, 270};
    const List inputs = random_list(shape.k, 30, 1), rows = random_list(shape.n, 30, 2);
    const Product product(shape, 3, random_trits(shape.size(), 3), listed_activations(3, shape.k, inputs, 4));
    const auto residual = random_floats(3 * shape.n, 5);
    const auto scales = random_floats(shape.n * 5, 6);
    const auto compare = [&](const Kernel& kernel, const ternion::TernaryBytes& w, const ActivationView& x) {
        const auto from = [&](std::vector<float>& y) {
            return ternion::Output<float>{y.data(), shape.n, residual.data(), shape.n};
        };
        std::vector<float> all(3 * shape.n), by_inputs(3 * shape.n), by_rows = residual, expected = residual;
        kernel.kernels.multiply(w, x, {0, shape.n}, from(all));
        kernel.kernels.multiply_listed_inputs(w, {x, inputs}, {0, shape.n}, from(by_inputs));
        kernel.kernels.multiply_listed_rows(w, x, rows, from(by_rows));
        for (std::size_t t = 0; t < 3; ++t)
            for (const std::size_t row : rows)
                expected[t * shape.n + row] = all[t * shape.n + row];
        INFO(kernel.name());
        CHECK(by_inputs == all);
        CHECK(by_rows == expected);
    };
    for (const Kernel& kernel : all_kernels()) {
        const auto packed = kernel.pack(product.trits, shape);
        ternion::TernaryBytes w{&kernel.kernels.packing, shape, packed.data(), 0.375f};
        compare(kernel, w, product.x.view());
        w.scales = scales.data();
        compare(kernel, w, product.x.view());
        w.group_inputs = 64;
        std::vector<std::int32_t> group_sums;
        for (std::size_t t = 0; t < 3; ++t) {
            for (std::size_t k = 0; k < shape.k; k += 64) {
                std::int32_t sum = 0;
                for (std::size_t i = k; i < std::min(k + 64, shape.k); ++i)
                    sum += product.x.q[t * shape.k + i];
                group_sums.push_back(sum);
            }
        }
        ActivationView grouped = product.x.view();
        grouped.group_sums = group_sums.data();
        compare(kernel, w, grouped);
        w.scales = nullptr;
        w.group_inputs = 0;
        const auto token_scales = random_floats(3 * 5, 7);
        grouped.scales = nullptr;
        grouped.group_scales = token_scales.data();
        grouped.group_inputs = 64;
        compare(kernel, w, grouped);
    }
}

TEST_CASE("inputs that aren't zero are listed", "[listed]") {
    for (const std::size_t k : {0, 1, 7, 8, 9, 63, 64, 65, 1000}) {
        for (const std::size_t percent : densities) {
            for (const std::size_t m : {1, 2, 8}) {
                const auto q = listed_activations(m, k, random_list(k, percent, k + percent), k);
                const Activations x(q, m, k, 3);
                List expected, found(k);
                for (std::size_t i = 0; i < k; ++i) {
                    bool some = false;
                    for (std::size_t t = 0; t < m; ++t)
                        some = some || q[t * k + i] != 0;
                    if (some) expected.push_back(static_cast<std::uint32_t>(i));
                }
                found.resize(ternion::list_inputs(x.view(), found.data()));
                CHECK(found == expected);
            }
        }
    }
}

}  // namespace
