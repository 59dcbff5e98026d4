// Layers of every policy against float64: the paper's formula for the activations, the sum over K, and the scale.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <numeric>
#include <ternion/ternion.hpp>
#include <vector>

#include "activation_oracle.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using Doubles = std::vector<double>;
using Floats = std::vector<float>;

/// What x is after quantising and dequantising.
Doubles dequantised(const test::ExactToken& token) {
    Doubles x;
    for (const double q : token.q)
        x.push_back(q * token.scale);
    return x;
}

/// Whether each value is among the largest, by sorting.
std::vector<bool> largest(const Floats& x, std::size_t count) {
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return std::fabs(x[a]) != std::fabs(x[b]) ? std::fabs(x[a]) > std::fabs(x[b]) : a < b;
    });
    std::vector<bool> taken(x.size());
    for (std::size_t i = 0; i < count; ++i)
        taken[order[i]] = true;
    return taken;
}

Floats masked(const Floats& x, const std::vector<bool>& taken, bool which) {
    Floats part(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        part[i] = taken[i] == which ? x[i] : 0;
    return part;
}

/// The split form, group by group.
Doubles split(const Floats& x, int percent, std::size_t group) {
    const auto taken = largest(x, (x.size() * static_cast<std::size_t>(percent) + 99) / 100);
    Doubles sum(x.size());
    for (const auto& [which, bits] : {std::pair{true, 8}, std::pair{false, 4}}) {
        const Floats part = masked(x, taken, which);
        for (std::size_t begin = 0; begin < x.size(); begin += group) {
            const std::size_t count = std::min(group, x.size() - begin);
            const auto values = dequantised(test::exact_absmax(std::span(part).subspan(begin, count), bits));
            for (std::size_t i = 0; i < count; ++i)
                sum[begin + i] += values[i];
        }
    }
    return sum;
}

Doubles by_groups(const Floats& x, std::size_t group) {
    Doubles all;
    for (std::size_t begin = 0; begin < x.size(); begin += group) {
        const std::size_t count = std::min(group, x.size() - begin);
        const auto values = dequantised(test::exact_absmax(std::span(x).subspan(begin, count), 8));
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

/// Quantised, a rotated token isn't rotated back.
Floats rotated(const Floats& x) {
    std::size_t block = 1;
    while (x.size() % (2 * block) == 0)
        block *= 2;
    return test::exact_rotation(x, block);
}

Doubles sign(const Floats& x) {
    Doubles y;
    for (const float value : x)
        y.push_back(value < 0 ? -test::mean_of_magnitudes(x) : test::mean_of_magnitudes(x));
    return y;
}

/// `exact` gives all tokens x[M,K] as the product should take them.
template <class Policy, class Exact>
void check_tensor(const char* name, double tolerance, Exact&& exact) {
    constexpr float w_scale = 0.37f;
    for (const std::size_t k : {1, 7, 64, 96, 128, 200, 1280}) {
        const std::size_t m = 3, n = 20;
        Floats x = test::random_floats(m * k, k, 2);
        for (std::size_t i = 0; i < x.size(); i += 41)
            x[i] *= 15;
        const auto trits = test::random_trits(n * k, k);
        const BitLinear<PackedTernary<Interleaved2x16>, Policy> layer(pack<Interleaved2x16>(trits, n, k, w_scale));
        typename BitLinear<PackedTernary<Interleaved2x16>, Policy>::Workspace workspace;
        Floats y(m * n);
        layer.forward(x, m, y, workspace);
        const Doubles inputs = exact(x);
        std::size_t right = 0;
        for (std::size_t i = 0; i < m * n; ++i) {
            double sum = 0, magnitude = 0;
            for (std::size_t c = 0; c < k; ++c) {
                const double product = trits[i % n * k + c] * inputs[i / n * k + c];
                sum += product;
                magnitude += std::fabs(product);
            }
            const double error = std::fabs(static_cast<double>(y[i]) - sum * static_cast<double>(w_scale));
            right += error <= tolerance * magnitude + 1e-12;
        }
        INFO(name << ", K=" << k);
        CHECK(right == m * n);
    }
}

/// The same where each of the three tokens is quantised by itself.
template <class Policy, class Exact>
void check(const char* name, double tolerance, Exact&& exact) {
    check_tensor<Policy>(name, tolerance, [&](const Floats& x) {
        Doubles all;
        const auto k = static_cast<std::ptrdiff_t>(x.size() / 3);
        for (auto token = x.begin(); token != x.end(); token += k) {
            const Doubles one = exact(Floats(token, token + k));
            all.insert(all.end(), one.begin(), one.end());
        }
        return all;
    });
}

TEST_CASE("layers of the family are their papers' formulas in float64", "[family]") {
    check<Absmax<8>>("b1.58", 1e-6, [](const Floats& x) { return dequantised(test::exact_absmax(x, 8)); });
    check<Absmax<8, 128>>("v1", 1e-6, [](const Floats& x) { return dequantised(test::exact_v1(x, 8)); });
    check<Absmax<4>>("int4", 1e-6, [](const Floats& x) { return dequantised(test::exact_absmax(x, 4)); });
    check<AbsmeanInt4>("a4.8 int4", 1e-6, [](const Floats& x) { return dequantised(test::exact_absmean(x)); });
    const auto top = [](int percent) {
        return [percent](const Floats& x) {
            const auto taken = largest(x, (x.size() * static_cast<std::size_t>(percent) + 99) / 100);
            return dequantised(test::exact_absmax(masked(x, taken, true), 8));
        };
    };
    check<TopK<>>("a4.8 half", 1e-6, top(50));
    check<TopK<3>>("3 %", 1e-6, top(3));
    check<Sparse<>>("a4.8 down", 1e-6, [](const Floats& x) { return dequantised(test::exact_absmax(x, 8)); });
    check<SplitOutliers<5>>("split", 2e-6, [](const Floats& x) { return split(x, 5, x.size()); });
    check<SplitOutliers<10, 64>>("split by 64", 2e-6, [](const Floats& x) { return split(x, 10, 64); });
    check<SplitOutliers<10, 128>>("split by 128", 2e-6, [](const Floats& x) { return split(x, 10, 128); });
    check<Grouped<Absmax<8>, 64>>("int8 by 64", 1e-6, [](const Floats& x) { return by_groups(x, 64); });
    check<Grouped<Absmax<8>, 256>>("int8 by 256", 1e-6, [](const Floats& x) { return by_groups(x, 256); });
    check<Sign>("sign", 1e-6, sign);
    check<Hadamard<Absmax<4>>>("v2", 1e-6,
                               [](const Floats& x) { return dequantised(test::exact_absmax(rotated(x), 4)); });
    check<Hadamard<SplitOutliers<5>>>("v2 split", 2e-6, [](const Floats& x) { return split(rotated(x), 5, x.size()); });
    check<Hadamard<SplitOutliers<10, 64>>>("v2 split by 64", 2e-6,
                                           [](const Floats& x) { return split(rotated(x), 10, 64); });
    check<Hadamard<Grouped<Absmax<8>, 64>>>("v2 by 64", 1e-6,
                                            [](const Floats& x) { return by_groups(rotated(x), 64); });
    check_tensor<PerTensor<Absmax<8, 128>>>("v1 per tensor", 1e-6,
                                            [](const Floats& x) { return dequantised(test::exact_v1(x, 8)); });
    check_tensor<PerTensor<AbsmeanInt4>>("int4 per tensor", 1e-6,
                                         [](const Floats& x) { return dequantised(test::exact_absmean(x)); });
    check_tensor<PerTensor<Sparse<>>>("sparse per tensor", 1e-6,
                                      [](const Floats& x) { return dequantised(test::exact_absmax(x, 8)); });
}

}  // namespace
