// Weights with a scale for each row or group: every packing on every arch against the definition, in every bit.

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using test::Product;

/// A product whose weights have a scale for each `inputs` weights of a row; 0 stands for the whole row.
struct ScaledProduct {
    Product product;
    std::size_t inputs;
    std::size_t groups;
    std::vector<float> scales;
    std::vector<std::int32_t> group_sums;

    ScaledProduct(Shape shape, std::size_t m, std::size_t inputs_of_group, std::uint64_t seed)
        : ScaledProduct(Product::random(shape, m, seed), inputs_of_group, seed) {}

    ScaledProduct(Product integers, std::size_t inputs_of_group, std::uint64_t seed)
        : product(std::move(integers)),
          inputs(inputs_of_group == 0 ? product.shape.k : inputs_of_group),
          groups(ceil_div(product.shape.k, inputs)),
          scales(test::random_floats(product.shape.n * groups, seed + 1, 3)) {
        const auto [shape, m] = std::pair(product.shape, product.x.m);
        for (auto& scale : scales)  // what a float16 holds
            scale = static_cast<float>(Float16(scale + (scale < 0 ? -0.01f : 0.01f)));
        const std::size_t units = ceil_div(shape.k, 64);
        group_sums.resize(m * units);
        for (std::size_t i = 0; i < m * shape.k; ++i)
            group_sums[i / shape.k * units + i % shape.k / 64] += product.x.q[i];
    }

    [[nodiscard]] ActivationView view(std::size_t m) const {
        auto x = product.x.view(m);
        x.group_sums = group_sums.data();
        return x;
    }

    /// The documented formula, one group after the other.
    [[nodiscard]] std::vector<float> expected(std::size_t m, const float* residual) const {
        const auto [n, k] = product.shape;
        std::vector<float> y;
        for (std::size_t i = 0; i < m * n; ++i) {
            float total = 0;
            for (std::size_t g = 0; g < groups; ++g) {
                std::int32_t sum = 0;
                for (std::size_t j = g * inputs; j < std::min(k, (g + 1) * inputs); ++j)
                    sum += product.trits[i % n * k + j] * product.x.q[i / n * k + j];
                const float scale = scales[i % n * groups + g] * product.x.scales[i / n];
                const auto value = static_cast<float>(sum);
                total = g == 0 ? value * scale : multiply_add(value, scale, total);
                if (groups == 1 && inputs == k && residual != nullptr) total = multiply_add(value, scale, residual[i]);
            }
            const bool added = residual != nullptr && !(groups == 1 && inputs == k);
            y.push_back(added ? total + residual[i] : total);
        }
        return y;
    }
};

/// The scales of a product as kernels may find them: as they are, and with those of 16 rows side by side; as floats and
/// as float16.
struct Tables {
    std::vector<float> floats;
    std::vector<Float16> halves, rows;
    std::array<ScaleTable, 4> all;

    Tables(const ScaledProduct& scaled, std::size_t inputs)
        : floats(round_up(scaled.product.shape.n, scale_panel_rows) * scaled.groups) {
        for (std::size_t i = 0; i < scaled.scales.size(); ++i) {
            const std::size_t row = i / scaled.groups, group = i % scaled.groups;
            floats[scale_place(row, group, scaled.groups, scale_panel_rows)] = scaled.scales[i];
            rows.emplace_back(scaled.scales[i]);
        }
        for (const float scale : floats)
            halves.emplace_back(scale);
        all = {ScaleTable{scaled.scales.data(), inputs}, ScaleTable{halves.data(), inputs, scale_panel_rows},
               ScaleTable{floats.data(), inputs, scale_panel_rows}, ScaleTable{rows.data(), inputs}};
    }
    Tables(const Tables&) = delete;
};

constexpr float poison = -123456789.0f;

/// How many kernels agree at m tokens; those without scales in their blocks don't count for `in_blocks`.
std::size_t check(const ScaledProduct& scaled, std::size_t m, RowRange rows, test::AnyExecutor& executor,
                  const float* residual = nullptr, bool by_row = false) {
    const auto shape = scaled.product.shape;
    const auto expected = scaled.expected(m, residual);
    const Tables tables(scaled, by_row ? 0 : scaled.inputs);
    const std::size_t forms = by_row ? 1 : m < 4 ? 4 : 2;  // few tokens tell whether the others are read rightly
    std::size_t compared = 0;
    for (const test::Kernel& kernel : test::all_kernels()) {
        const auto packed = kernel.pack(scaled.product.trits, shape);
        for (const ScaleTable& table : std::span(tables.all).first(forms)) {
            std::vector<float> y(m * shape.n, poison);
            const Output<float> out{y.data(), shape.n, residual, shape.n};
            kernel.multiply_scaled({shape, packed.data(), 99}, &table, scaled.view(m), rows, out, executor);
            for (std::size_t i = 0; i < y.size(); ++i) {
                const bool inside = i % shape.n >= rows.begin && i % shape.n < rows.end;
                if (y[i] == (inside ? expected[i] : poison)) continue;
                FAIL_CHECK(kernel.name() << ", " << to_string(shape) << ", M=" << m << ", groups of " << scaled.inputs
                                         << ", table " << &table - tables.all.data() << ": y[" << i << "] is " << y[i]
                                         << ", not " << expected[i]);
                break;
            }
        }
        ++compared;
    }
    return compared;
}

constexpr std::array<Shape, 13> shapes{{{1, 1},
                                        {2, 63},
                                        {3, 64},
                                        {16, 65},
                                        {17, 129},
                                        {33, 255},
                                        {31, 256},
                                        {35, 257},
                                        {64, 512},
                                        {19, 700},
                                        {7, 1280},
                                        {5, 4099},
                                        {18, 8192 + 300}}};

TEST_CASE("scales of groups and rows: every kernel gives the defined floats", "[multiply][scales]") {
    test::Erased<Serial> serial;
    std::size_t compared = 0;
    for (const Shape shape : shapes) {
        for (const std::size_t inputs : {64, 128, 256, 0}) {
            const ScaledProduct scaled(shape, 13, inputs, shape.k + inputs);
            for (const std::size_t m : {1, 3, 13})
                compared += check(scaled, m, {0, shape.n}, serial, nullptr, inputs == 0);
        }
    }
    CHECK(compared == shapes.size() * 4 * 3 * test::kernel_count);
}

TEST_CASE("scales of groups: many tokens on ragged shapes", "[multiply][scales]") {
    constexpr std::array<Shape, 4> ragged{{{1, 1}, {17, 129}, {66, 700}, {18, 2348}}};
    test::Erased<Serial> serial;
    std::size_t compared = 0;
    for (const Shape shape : ragged) {
        for (const std::size_t inputs : {64, 128, 256})
            compared += check(ScaledProduct(shape, 53, inputs, shape.k), 53, {0, shape.n}, serial);
    }
    CHECK(compared == ragged.size() * 3 * test::kernel_count);
}

TEST_CASE("scales of groups: sums are the largest that there are", "[multiply][scales]") {
    test::Erased<Serial> serial;
    std::size_t compared = 0;
    for (const std::size_t k : {64, 128, 256, 600}) {
        for (const int q : {-128, 127}) {
            for (const int trit : {-1, 1}) {
                const std::vector<std::int8_t> w(5 * k, static_cast<std::int8_t>(trit));
                const Product product({5, k}, 50, w, std::vector<std::int8_t>(50 * k, static_cast<std::int8_t>(q)));
                for (const std::size_t inputs : {64, 128, 256}) {
                    const ScaledProduct scaled(product, inputs, k);
                    for (const std::size_t m : {1, 2, 13, 50})
                        compared += check(scaled, m, {0, 5}, serial);
                }
            }
        }
    }
    CHECK(compared == 4 * 4 * 3 * 4 * test::kernel_count);
}

/// Groups of activations that have scales of their own, beside the scales of weights, against the definition.
std::size_t check_groups_of_activations(const ScaledProduct& scaled, std::size_t m, std::size_t x_inputs,
                                        const float* residual) {
    const auto [n, k] = scaled.product.shape;
    const std::size_t x_groups = ceil_div(k, x_inputs), step = std::min(x_inputs, scaled.inputs);
    const auto x_scales = test::random_floats(m * x_groups, k + x_inputs, 2);
    auto x = scaled.view(m);
    x.scales = nullptr;
    x.group_scales = x_scales.data();
    x.group_inputs = x_inputs;
    std::vector<float> expected;
    for (std::size_t i = 0; i < m * n; ++i) {
        float total = 0;
        for (std::size_t begin = 0; begin < k; begin += step) {
            std::int32_t sum = 0;
            for (std::size_t j = begin; j < std::min(k, begin + step); ++j)
                sum += scaled.product.trits[i % n * k + j] * scaled.product.x.q[i / n * k + j];
            const float scale = scaled.scales[i % n * scaled.groups + begin / scaled.inputs] *
                                x_scales[i / n * x_groups + begin / x_inputs];
            const auto value = static_cast<float>(sum);
            total = begin == 0 ? value * scale : multiply_add(value, scale, total);
        }
        expected.push_back(residual == nullptr ? total : total + residual[i]);
    }
    test::Erased<Serial> serial;
    const Tables tables(scaled, scaled.inputs == k ? 0 : scaled.inputs);
    const ScaleTable& table = tables.all[scaled.inputs == k ? 0 : 1];
    std::size_t compared = 0;
    for (const test::Kernel& kernel : test::all_kernels()) {
        const auto packed = kernel.pack(scaled.product.trits, {n, k});
        std::vector<float> y(m * n, poison);
        const Output<float> out{y.data(), n, residual, n};
        kernel.multiply_scaled({{n, k}, packed.data(), 99}, &table, x, {0, n}, out, serial);
        if (y != expected)
            FAIL_CHECK(kernel.name() << ", " << to_string(Shape{n, k}) << ", M=" << m << ", groups of " << x_inputs
                                     << " activations and " << scaled.inputs << " weights");
        if (n == 1) {  // the tensor's scale
            kernel.multiply_float({{n, k}, packed.data(), scaled.scales[0]}, x, {0, n}, out, serial);
            if (scaled.groups == 1 && y != expected) FAIL_CHECK(kernel.name() << " by the tensor's scale");
        }
        ++compared;
    }
    return compared;
}

TEST_CASE("activations with scales of groups, with weights of any scales", "[multiply][scales]") {
    std::size_t compared = 0;
    for (const Shape shape : {Shape{1, 50}, Shape{1, 300}, Shape{35, 257}, Shape{19, 700}, Shape{50, 64}}) {
        for (const std::size_t inputs : {64, 256, 0}) {
            const ScaledProduct scaled(shape, 50, inputs, shape.k + inputs);
            const auto residual = test::random_floats(50 * shape.n, 8, 20);
            for (const std::size_t x_inputs : {64, 128, 256}) {
                compared += check_groups_of_activations(scaled, 3, x_inputs, nullptr);
                compared += check_groups_of_activations(scaled, 50, x_inputs, residual.data());
            }
        }
    }
    CHECK(compared == 5 * 3 * 3 * 2 * test::kernel_count);
}

TEST_CASE("scales of groups: large batches, ranges of rows, residuals, threads", "[multiply][scales]") {
    test::Erased<Serial> serial;
    test::Erased<test::ThreadPool> pool(test::ThreadPool(3));
    std::size_t compared = 0;
    for (const std::size_t inputs : {64, 256, 0}) {
        const ScaledProduct scaled({53, 391}, 101, inputs, 7);
        const auto residual = test::random_floats(101 * 53, 8, 20);
        for (const RowRange rows : {RowRange{0, 53}, {3, 7}, {15, 49}, {20, 20}}) {
            compared += check(scaled, 49, rows, serial, residual.data(), inputs == 0);
            compared += check(scaled, 101, rows, pool, nullptr, inputs == 0);
        }
    }
    CHECK(compared == 3 * 4 * 2 * test::kernel_count);
}

TEST_CASE("the scales in the blocks of a format are applied by every arch", "[multiply][scales]") {
    test::Erased<Serial> serial;
    std::size_t compared = 0;
    std::size_t expected = 0;
    for_each_type(test::packings{}, [&]<class P>(std::type_identity<P>) {
        if constexpr (BlockScaledPacking<P>) {
            expected += 4 * test::archs_of<P>;
            for (const Shape shape : {Shape{5, 2 * P::group_inputs + 7}, Shape{2, 10}, Shape{34, 3 * P::group_inputs},
                                      Shape{5, 16384 + 300}}) {
                const ScaledProduct scaled(shape, 3, P::group_inputs, shape.n);
                const auto trits = pack<P>(scaled.product.trits, shape.n, shape.k);
                const ScaledView<P, ScaleTable> table(trits.view(), {scaled.scales.data(), P::group_inputs});
                const auto blocks = repack<P>(table);
                for (const test::Kernel& kernel : test::all_kernels()) {
                    if (kernel.packing != P::name) continue;
                    REQUIRE(kernel.has_block_scales);
                    std::vector<float> y(3 * shape.n, poison);
                    kernel.multiply_scaled({shape, blocks.bytes().data()}, nullptr, scaled.view(3), {0, shape.n},
                                           {y.data(), shape.n}, serial);
                    INFO(kernel.name() << ", " << to_string(shape));
                    CHECK(y == scaled.expected(3, nullptr));
                    ++compared;
                }
            }
        }
    });
    CHECK(compared == expected);
}

TEST_CASE("gemv and gemm take scaled matrices", "[multiply][scales]") {
    const Shape shape{21, 300};
    const auto trits = test::random_trits(shape.size(), 1);
    const auto x = test::random_floats(4 * shape.k, 2);
    const auto w = pack<Q2_0>(trits, shape.n, shape.k, 0.5f);
    std::vector<float> plain(4 * shape.n), y(4 * shape.n);
    gemm(w, x, 4, plain);

    const std::vector<float> rows(shape.n, 0.5f);
    gemm(with_row_scales(w, rows), x, 4, y);
    CHECK(y == plain);
    gemv(ScaledTernary<Q2_0>(w, rows), std::span(x).first(shape.k), std::span(y).first(shape.n));
    CHECK(y == plain);

    // Groups add up in another order, so the floats are near, and the integers the same.
    gemm(with_block_scales(w), x, 4, y);
    for (std::size_t i = 0; i < y.size(); ++i)
        CHECK(std::abs(y[i] - plain[i]) < 1e-3f);
    std::vector<std::int32_t> sums(shape.n), expected(shape.n);
    const auto q = test::random_activations(shape.k, 3);
    reference_gemm(trits, shape.n, shape.k, q, 1, expected);
    gemv(with_block_scales(w), q, sums);
    CHECK(sums == expected);
}

TEST_CASE("grouped scales ask for the sums of groups of activations", "[multiply][scales]") {
    const auto w = pack<TQ2_0>(test::random_trits(6 * 100, 1), 6, 100, 2);
    const auto x = test::random_floats(2 * 100, 4);
    QuantizedActivations activations;
    quantize(Absmax<8>{}, x, 2, 100, activations);
    std::vector<float> y(12), expected(12);
    const auto scaled = with_block_scales(w);
    CHECK_THROWS_MATCHES(gemm(scaled, activations, std::span(y)), std::invalid_argument,
                         Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring("sum_groups")));
    sum_groups(activations);
    gemm(scaled, activations, std::span(y));
    gemm(scaled, x, 2, expected);
    CHECK(y == expected);
    // They don't outlive the activations they belong to.
    quantize(Absmax<8>{}, x, 2, 100, activations);
    CHECK_FALSE(activations.has_group_sums());
    gemm(with_row_scales(w, std::vector<float>(6, 2.0f)), activations, std::span(y));
    gemm(w, activations, std::span(expected));
    CHECK(y == expected);
}

TEST_CASE("sums of groups are exact on every arch", "[scales]") {
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        for (const std::size_t k : {1, 63, 64, 65, 200, 256}) {
            QuantizedActivations x;
            x.resize(2, k);
            const auto q = test::random_activations(2 * k, k);
            for (std::size_t m = 0; m < 2; ++m)
                std::copy_n(q.begin() + static_cast<std::ptrdiff_t>(m * k), k, x.mutable_row(m));
            sum_groups<Arch>(x);
            const std::size_t groups = (k + 63) / 64;
            std::vector<std::int32_t> expected(2 * groups);
            for (std::size_t i = 0; i < 2 * k; ++i)
                expected[i / k * groups + i % k / 64] += q[i];
            const std::int32_t* found = x.view().group_sums;
            INFO(backend_of<Arch>::name << ", K=" << k);
            CHECK(std::vector<std::int32_t>(found, found + expected.size()) == expected);
        }
    });
}

}  // namespace
