// One scale for all tokens of a call: against the formulas in float64 over the whole tensor, and its properties, on
// every arch.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "activation_oracle.hpp"
#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;
using Floats = std::vector<float>;

/// Tokens as they are activations.
struct Tensor {
    std::vector<std::int8_t> q;
    Floats scales;
    std::vector<std::int32_t> sums;

    friend bool operator==(const Tensor&, const Tensor&) = default;
};

Tensor tensor_of(const QuantizedActivations& x) {
    const ActivationView view = x.view();
    Tensor tensor{{}, {view.scales, view.scales + view.m}, {view.sums, view.sums + view.m}};
    for (std::size_t m = 0; m < view.m; ++m) {
        std::int32_t sum = 0;
        for (std::size_t k = 0; k < view.k; ++k) {
            tensor.q.push_back(x.row(m)[k]);
            sum += tensor.q.back();
        }
        CHECK(sum == view.sums[m]);
    }
    return tensor;
}

template <class Policy, class Arch = default_arch, class E = Serial>
Tensor quantised(const Floats& x, std::size_t m, E&& executor = {}) {
    ActivationsOf<Policy> activations;
    quantize<Arch>(Policy{}, x, m, x.size() / m, activations, executor);
    return tensor_of(activations);
}

/// Quantises on every arch, which must agree in every bit.
template <class Policy>
Tensor on_every_arch(const Floats& x, std::size_t m) {
    const Tensor expected = quantised<Policy, Scalar>(x, m);
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        if (quantised<Policy, Arch>(x, m) != expected) FAIL_CHECK(backend_of<Arch>::name << ": M=" << m);
    });
    return expected;
}

struct Input {
    std::size_t m;
    Floats x;
};

/// Tokens of many lengths and sizes, the last of each tensor a tenth of the others.
std::vector<Input> inputs() {
    std::vector<Input> all;
    for (const std::size_t m : {1, 2, 5}) {
        for (const std::size_t k : {1, 7, 31, 64, 129, 640}) {
            for (const float size : {1e-6f, 1.0f, 1e4f}) {
                all.push_back({m, test::random_floats(m * k, m + k, size)});
                Floats& x = all.back().x;
                if (k > 20) x[17] *= 8;
                for (std::size_t i = x.size() - k; i < x.size(); ++i)
                    x[i] *= 0.1f;
            }
        }
    }
    return all;
}

template <class Inner, class Oracle>
void check_formula(Oracle&& oracle) {
    for (const auto& [m, x] : inputs()) {
        INFO(m << " tokens of " << x.size() / m << " inputs");
        const Tensor found = on_every_arch<PerTensor<Inner>>(x, m);
        CHECK(test::agrees(oracle(x), found.q, found.scales[0]));
        CHECK(found.scales == Floats(m, found.scales[0]));
    }
}

TEST_CASE("PerTensor is its policy's formula over the tensor in float64", "[per_tensor]") {
    check_formula<Absmax<8, 128>>([](auto& x) { return test::exact_v1(x, 8); });
    check_formula<Absmax<8>>([](auto& x) { return test::exact_absmax(x, 8); });
    check_formula<Absmax<4>>([](auto& x) { return test::exact_absmax(x, 4); });
    check_formula<AbsmeanInt4>([](auto& x) { return test::exact_absmean(x); });
    check_formula<Sparse<>>([](auto& x) { return test::exact_absmax(x, 8); });
}

template <class Inner>
void check_error(double slack) {
    for (const auto& [m, x] : inputs()) {
        const Tensor found = on_every_arch<PerTensor<Inner>>(x, m);
        CHECK(test::beyond_half_a_step<Inner>(x, found.q, static_cast<double>(found.scales[0]), slack) == 0);
    }
}

TEST_CASE("PerTensor's error is half a step", "[per_tensor]") {
    check_error<Absmax<8>>(0);
    check_error<Absmax<4>>(0);
    check_error<Absmax<8, 128>>(1.01e-5);  // that the formula adds to the peak it divides by, but doesn't multiply by
    check_error<AbsmeanInt4>(0);
}

template <class Inner>
void check_properties() {
    constexpr std::size_t m = 6, k = 70;
    const Floats x = test::random_floats(m * k, 3, 5);
    const Tensor tensor = on_every_arch<PerTensor<Inner>>(x, m);
    for (const std::size_t threads : {1, 2, 5, 9})
        CHECK(quantised<PerTensor<Inner>>(x, m, test::ThreadPool(threads)) == tensor);
    for (const auto& input : inputs()) {
        if (input.m == 1) CHECK(on_every_arch<PerTensor<Inner>>(input.x, 1) == on_every_arch<Inner>(input.x, 1));
    }
    Floats zeros(m * k, 0.0f);
    zeros[k] = -0.0f;
    const Tensor none = on_every_arch<PerTensor<Inner>>(zeros, m);
    CHECK((none.q == std::vector<std::int8_t>(m * k, 0) && std::isfinite(none.scales[m - 1])));
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
        for (const std::size_t place : {std::size_t{0}, 3 * k + 5, m * k - 1}) {
            Floats faulty = x;
            faulty[place] = bad;
            const Tensor found = quantised<PerTensor<Inner>>(faulty, m);
            CHECK(found.q == std::vector<std::int8_t>(m * k, 0));
            CHECK(std::ranges::all_of(found.scales, [](float scale) { return std::isnan(scale); }));
        }
    }
}

TEST_CASE("PerTensor: threads, one token, zeros, and what isn't finite", "[per_tensor]") {
    check_properties<Absmax<8, 128>>();
    check_properties<Absmax<8>>();
    check_properties<Absmax<4>>();
    check_properties<AbsmeanInt4>();
    check_properties<Sparse<>>();
}

/// A power of two changes nothing but the scale, as long as no floor of 1e-5 plays a part.
template <class Inner>
void check_scaling() {
    const Floats x = test::random_floats(3 * 77, 3, 5);
    const Tensor tensor = on_every_arch<PerTensor<Inner>>(x, 3);
    for (const float factor : {0.25f, 2.0f, 1024.0f}) {
        Floats scaled = x;
        for (auto& value : scaled)
            value *= factor;
        const Floats scales(3, tensor.scales[0] * factor);
        CHECK(on_every_arch<PerTensor<Inner>>(scaled, 3) == Tensor{tensor.q, scales, tensor.sums});
    }
}

TEST_CASE("PerTensor doesn't see a power of two", "[per_tensor]") {
    check_scaling<Absmax<8>>();
    check_scaling<Absmax<4>>();
    check_scaling<AbsmeanInt4>();
}

TEST_CASE("PerTensor rounds small tokens by the largest one's step", "[per_tensor]") {
    const Floats x{127, -64, 0.4f, 0.6f};
    CHECK(on_every_arch<PerTensor<Absmax<8>>>(x, 2) == Tensor{{127, -64, 0, 1}, {1, 1}, {63, 1}});
    CHECK(on_every_arch<Absmax<8>>(x, 2).q == std::vector<std::int8_t>{127, -64, 85, 127});
}

TEST_CASE("PerTensor keeps the index of a sparse tensor", "[per_tensor]") {
    SparseActivations x;
    quantize(PerTensor<Sparse<>>{}, Floats{0, 0, 0, 0, 1000, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 9}, 2, 8, x);
    CHECK(x.blocks(0).size() == 1);
    CHECK(std::vector<std::uint32_t>(x.blocks(1).begin(), x.blocks(1).end()) == std::vector<std::uint32_t>{1});
}

}  // namespace
