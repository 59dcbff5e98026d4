// Dequantisation: y = float(sum) * (w_scale * x_scale) + residual, by that formula and no other, on every kernel.

#include <algorithm>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace test;
using ternion::BFloat16;
using ternion::Float16;

constexpr float w_scale = 0.3719f;

/// Keeps a product from being contracted with an addition that follows.
float rounded(float value) {
    volatile float stored = value;
    return stored;
}

template <class Out>
std::uint32_t bits_of(Out value) {
    if constexpr (sizeof(Out) == 4) {
        return std::bit_cast<std::uint32_t>(value);
    } else {
        return value.bits;
    }
}

template <class Out>
auto multiply_of(const Kernel& kernel) {
    return [&kernel](const test::MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                     const ternion::Output<Out>& out, test::AnyExecutor& executor) {
        if constexpr (std::is_same_v<Out, float>) {
            kernel.multiply_float(w, x, rows, out, executor);
        } else if constexpr (std::is_same_v<Out, Float16>) {
            kernel.multiply_float16(w, x, rows, out, executor);
        } else {
            kernel.multiply_bfloat16(w, x, rows, out, executor);
        }
    };
}

/// The two values that the formula may have: with a residual, a machine that can fuses the product with the addition.
struct Expected {
    float separate;
    float fused;
};

Expected expected_value(std::int32_t sum, float x_scale, const float* residual) {
    const float scale = rounded(w_scale * x_scale);
    const float product = rounded(static_cast<float>(sum) * scale);
    if (residual == nullptr) return {product, product};
    return {rounded(product + *residual), std::fma(static_cast<float>(sum), scale, *residual)};
}

template <class Out>
std::size_t check_results(bool with_residual) {
    const Product product = Product::random({37, 131}, 21, 10);
    const auto [n, k] = product.shape;
    constexpr std::size_t gap = 3;
    const auto residual = random_floats(21 * (n + gap), 11, 40);
    Erased<ternion::Serial> serial;
    std::size_t compared = 0;
    for (const Kernel& kernel : all_kernels()) {
        const auto packed = kernel.pack(product.trits, product.shape);
        for (const std::size_t m : {1, 4, 21}) {
            std::vector<Out> y(m * n);
            ternion::Output<Out> out{y.data(), n};
            if (with_residual) {
                out.residual = residual.data();
                out.residual_ld = n + gap;
            }
            multiply_of<Out>(kernel)({product.shape, packed.data(), w_scale}, product.x.view(m), {0, n}, out, serial);
            // All in the one way or all in the other: results must not depend on where a loop was inlined.
            std::size_t separate = 0;
            std::size_t fused = 0;
            for (std::size_t i = 0; i < m * n; ++i) {
                const float* added = with_residual ? &residual[i / n * (n + gap) + i % n] : nullptr;
                const auto expected = expected_value(product.expected[i], product.x.scales[i / n], added);
                separate += bits_of(y[i]) == bits_of(Out(expected.separate));
                fused += bits_of(y[i]) == bits_of(Out(expected.fused));
            }
            if (std::max(separate, fused) != m * n) {
                FAIL_CHECK(kernel.name() << ", M=" << m << ": of " << m * n << " " << separate << " are rounded twice, "
                                         << fused << " once");
            }
            ++compared;
        }
    }
    return compared;
}

TEST_CASE("results are dequantised by the documented formula", "[epilogue]") {
    CHECK(check_results<float>(false) == kernel_count * 3);
    CHECK(check_results<Float16>(false) == kernel_count * 3);
    CHECK(check_results<BFloat16>(false) == kernel_count * 3);
}

TEST_CASE("a residual is added last, before rounding to 16 bits", "[epilogue]") {
    CHECK(check_results<float>(true) == kernel_count * 3);
    CHECK(check_results<Float16>(true) == kernel_count * 3);
    CHECK(check_results<BFloat16>(true) == kernel_count * 3);
}

TEST_CASE("the residual may be the output itself", "[epilogue]") {
    const Product product = Product::random({37, 131}, 13, 12);
    const std::size_t n = product.shape.n;
    const auto residual = random_floats(13 * n, 13, 40);
    Erased<ThreadPool> pool(ThreadPool(2));
    std::size_t compared = 0;
    for (const Kernel& kernel : all_kernels()) {
        const auto packed = kernel.pack(product.trits, product.shape);
        auto apart = std::vector<float>(13 * n);
        auto in_place = residual;
        kernel.multiply_float({product.shape, packed.data(), w_scale}, product.x.view(), {0, n},
                              {apart.data(), n, residual.data(), n}, pool);
        kernel.multiply_float({product.shape, packed.data(), w_scale}, product.x.view(), {0, n},
                              {in_place.data(), n, in_place.data(), n}, pool);
        if (in_place != apart) FAIL_CHECK(kernel.name());
        CHECK(in_place != residual);
        ++compared;
    }
    CHECK(compared == kernel_count);
}

TEST_CASE("a residual outside the range of rows is neither read nor written", "[epilogue]") {
    const Product product = Product::random({37, 20}, 3, 14);
    Erased<ternion::Serial> serial;
    for (const Kernel& kernel : all_kernels()) {
        const auto packed = kernel.pack(product.trits, product.shape);
        std::vector<float> y(3 * 37, std::numeric_limits<float>::signaling_NaN());
        const auto before = y;
        kernel.multiply_float({product.shape, packed.data(), w_scale}, product.x.view(), {18, 18}, {y.data(), 37},
                              serial);
        kernel.multiply_float({product.shape, packed.data(), w_scale}, product.x.view(), {5, 21},
                              {y.data(), 37, y.data(), 37}, serial);
        for (std::size_t i = 0; i < y.size(); ++i) {
            const bool inside = i % 37 >= 5 && i % 37 < 21;
            if (!inside && bits_of(y[i]) != bits_of(before[i])) FAIL_CHECK(kernel.name() << ", value " << i);
        }
    }
}

TEST_CASE("a token whose scale is NaN gives NaN in every type, and leaves the others alone", "[epilogue]") {
    Product product = Product::random({19, 35}, 3, 15);
    product.x.scales[1] = std::numeric_limits<float>::quiet_NaN();
    Erased<ternion::Serial> serial;
    const auto check = [&]<class Out>(const Kernel& kernel, Out) {
        const auto packed = kernel.pack(product.trits, product.shape);
        std::vector<Out> y(3 * 19);
        multiply_of<Out>(kernel)({product.shape, packed.data(), w_scale}, product.x.view(), {0, 19}, {y.data(), 19},
                                 serial);
        for (std::size_t i = 0; i < y.size(); ++i) {
            const bool nan = std::isnan(static_cast<float>(y[i]));
            if (nan != (i / 19 == 1)) FAIL_CHECK(kernel.name() << ", value " << i);
        }
    };
    for (const Kernel& kernel : all_kernels()) {
        check(kernel, float{});
        check(kernel, Float16{});
        check(kernel, BFloat16{});
    }
}

TEST_CASE("sums that no float holds are rounded once", "[epilogue]") {
    // 2^24 + 1 lies between two floats: float(sum) rounds to even, and the product with 1 must not change that.
    const std::size_t k = (std::size_t{1} << 24) / 127 + 2;
    std::vector<std::int8_t> q(k, 127);
    q[0] = static_cast<std::int8_t>((1 << 24) + 1 - static_cast<int>((k - 2) * 127));
    q[1] = 0;
    Product product({1, k}, 1, std::vector<std::int8_t>(k, 1), q);
    REQUIRE(product.expected[0] == (1 << 24) + 1);
    product.x.scales[0] = 1;
    Erased<ternion::Serial> serial;
    for (const Kernel& kernel : all_kernels()) {
        const auto packed = kernel.pack(product.trits, product.shape);
        float y = 0;
        kernel.multiply_float({product.shape, packed.data(), 1}, product.x.view(), {0, 1}, {&y, 1}, serial);
        if (y != 16777216.0f) FAIL_CHECK(kernel.name() << ": " << y);
    }
}

}  // namespace
