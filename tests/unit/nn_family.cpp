// Every weight x activation pair on every arch gives the same bits as Int8's on the scalar one, which family_oracle.cpp
// compares with the formulas; and BitLinear gives those of its pair.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "family.hpp"
#include "family_policies.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using Floats = std::vector<float>;

const std::vector<test::ActivationProducts>& products() {
    static const std::vector<test::ActivationProducts> all = [] {
        std::vector<test::ActivationProducts> made;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (test::append_products<I>(made), ...);
        }(std::make_index_sequence<test::product_slices>{});
        return made;
    }();
    return all;
}

constexpr float weight_scale = 0.21f;

/// The same weights as each packing holds them: ternary, or for those without zeros binary ones.
class Weights {
 public:
    explicit Weights(Shape shape)
        : shape_(shape),
          ternary_(test::random_trits(shape.size(), shape.k)),
          binary_(test::random_signs(shape.size(), shape.k)) {}

    [[nodiscard]] const std::vector<std::int8_t>& trits(bool zeros) const { return zeros ? ternary_ : binary_; }
    /// Calls f(products, quantizer, matrix) for every pair on every arch.
    template <class F>
    void for_each_pair(F&& f) const {
        for (const auto& product : products()) {
            const auto bytes = product.pack(trits(product.holds_zeros), shape_);
            const test::MatrixBytes w{shape_, bytes.data(), weight_scale};
            for (const auto& quantizer : test::all_quantizers()) {
                if (quantizer.backend == product.backend && quantizer.register_bytes == product.register_bytes)
                    f(product, quantizer, w);
            }
        }
    }

 private:
    Shape shape_;
    std::vector<std::int8_t> ternary_;
    std::vector<std::int8_t> binary_;
};

std::string name_of(const test::ActivationProducts& product, const test::Quantizer& quantizer) {
    return std::string(product.packing) + " x " + std::string(quantizer.policy) + " on " +
           std::string(product.backend) + "/" + std::to_string(product.register_bytes);
}

bool same_bits(const Floats& a, const Floats& b) {
    return std::ranges::equal(a, b, [](float x, float y) { return x == y || (x != x && y != y); });
}

/// Outliers in one input of fifty, as activations of language models have them; every third run of inputs is zero.
Floats tokens(std::size_t m, std::size_t k) {
    Floats x = test::random_floats(m * k, k + m, 2);
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (i % 50 == 7) x[i] *= 20;
        if (i / 12 % 3 == 1) x[i] = 0;
    }
    return x;
}

/// What Int8 weights on the scalar backend give, by policy and by whether the weights have zeros.
std::map<std::pair<std::string_view, bool>, Floats> expected_results(const Weights& weights, Shape shape, std::size_t m,
                                                                     const Floats& x, const Floats& before, bool add) {
    std::map<std::pair<std::string_view, bool>, Floats> expected;
    test::Erased<Serial> serial;
    for (const bool zeros : {false, true}) {
        const auto w = pack<Int8>(weights.trits(zeros), shape.n, shape.k);
        const test::MatrixBytes bytes{shape, w.bytes().data(), weight_scale};
        for (const auto& product : products()) {
            if (product.packing != Int8::name || product.backend != "scalar") continue;
            for (const auto& quantizer : test::all_quantizers()) {
                if (quantizer.backend != "scalar") continue;
                Floats& y = expected[{quantizer.policy, zeros}] = before;
                quantizer.forward(product, {bytes, m, x}, y, add, serial);
            }
        }
    }
    REQUIRE(expected.size() == 2 * test::policy_count);
    return expected;
}

void check_pairs(Shape shape, std::size_t m, const Floats& x, test::AnyExecutor& executor, bool add) {
    const Weights weights(shape);
    const Floats before = test::random_floats(m * shape.n, 77, 100);
    const auto expected = expected_results(weights, shape, m, x, before, add);
    weights.for_each_pair([&](const auto& product, const auto& quantizer, const auto& w) {
        Floats y = before;
        quantizer.forward(product, {w, m, x}, y, add, executor);
        if (!same_bits(y, expected.at({quantizer.policy, product.holds_zeros})))
            FAIL_CHECK(name_of(product, quantizer) << ": N=" << shape.n << " K=" << shape.k << " M=" << m);
    });
}

TEST_CASE("every weight x activation pair is there, on every arch", "[family]") {
    std::set<std::string> pairs;
    Weights({1, 1}).for_each_pair(
        [&](const auto& product, const auto& quantizer, const auto&) { pairs.insert(name_of(product, quantizer)); });
    CHECK(pairs.size() == test::policy_count * (test::kernel_count + binary_packings::size * all_archs::size));
}

TEST_CASE("every weight x activation pair gives the same bits on every arch", "[family]") {
    test::Erased<Serial> serial;
    for (const Shape shape :
         {Shape{1, 1}, Shape{5, 64}, Shape{37, 90}, Shape{33, 129}, Shape{70, 257}, Shape{17, 1025}})
        check_pairs(shape, 3, tokens(3, shape.k), serial, false);
    check_pairs({49, 300}, 1, tokens(1, 300), serial, false);
    check_pairs({50, 2304}, 2, tokens(2, 2304), serial, false);
    check_pairs({19, 200}, 27, tokens(27, 200), serial, false);
    check_pairs({3, 70}, 0, {}, serial, false);
}

TEST_CASE("every pair adds to a residual, on any number of threads", "[family]") {
    for (const std::size_t threads : {1, 2, 5}) {
        test::Erased<test::ThreadPool> pool{test::ThreadPool(threads)};
        check_pairs({83, 190}, 4, tokens(4, 190), pool, true);
    }
}

TEST_CASE("every pair: zeros give zeros, and what isn't finite NaN, in its token or tensor alone", "[family]") {
    const Shape shape{21, 150};
    const Weights weights(shape);
    Floats x = tokens(3, shape.k);
    std::fill_n(x.begin(), shape.k, 0.0f);
    x[5] = -0.0f;
    Floats faulty = x;
    faulty[2 * shape.k + 77] = std::numeric_limits<float>::infinity();
    const auto zero = [](float value) { return value == 0; };
    const auto finite = [](float value) { return value - value == 0; };
    const auto nan = [](float value) { return value != value; };
    test::Erased<Serial> serial;
    weights.for_each_pair([&](const auto& product, const auto& quantizer, const auto& w) {
        Floats y(3 * shape.n, 5), spoilt = y;
        quantizer.forward(product, {w, 3, x}, y, false, serial);
        quantizer.forward(product, {w, 3, faulty}, spoilt, false, serial);
        const auto all = [&](const Floats& of, std::size_t token, auto&& condition) {
            return std::all_of(of.begin() + static_cast<std::ptrdiff_t>(token * shape.n),
                               of.begin() + static_cast<std::ptrdiff_t>((token + 1) * shape.n), condition);
        };
        bool right = all(y, 0, zero) && all(y, 1, finite) && all(y, 2, finite) && all(spoilt, 2, nan);
        if (quantizer.policy.starts_with("PerTensor")) {
            right = right && all(spoilt, 0, nan) && all(spoilt, 1, nan);
        } else {
            right = right && all(spoilt, 0, zero) && all(spoilt, 1, finite);
        }
        if (!right) FAIL_CHECK(name_of(product, quantizer));
    });
}

/// BitLinear<PackedTernary<Interleaved2x16>, Policy> on the build's arch, by each of its entrances.
template <class Policy>
void check_layer(std::string_view policy) {
    INFO(policy);
    using Layer = BitLinear<PackedTernary<Interleaved2x16>, Policy>;
    const Shape shape{37, 190};
    const std::size_t m = 3;
    const auto trits = test::random_trits(shape.size(), 5);
    const Floats x = tokens(m, shape.k), before = test::random_floats(m * shape.n, 77, 100);
    const Layer layer(pack<Interleaved2x16>(trits, shape.n, shape.k, weight_scale));
    const test::MatrixBytes w{shape, layer.weights().bytes().data(), weight_scale};
    using Backend = backend_of<default_arch>;
    std::size_t pairs = 0;
    for (const auto& product : products()) {
        if (product.packing != Interleaved2x16::name || product.backend != Backend::name) continue;
        for (const auto& quantizer : test::all_quantizers()) {
            if (quantizer.policy != policy || quantizer.register_bytes != Backend::bytes ||
                quantizer.backend != product.backend || product.register_bytes != Backend::bytes)
                continue;
            ++pairs;
            test::Erased<test::ThreadPool> pool{test::ThreadPool(3)};
            typename Layer::Workspace workspace;
            for (const bool add : {false, true}) {
                Floats expected = before, y = before;
                quantizer.forward(product, {w, m, x}, expected, add, pool);
                add ? layer.forward_add(x, m, y, workspace, pool) : layer.forward(x, m, y, workspace, pool);
                CHECK(y == expected);
                if (add) continue;
                layer.forward(workspace.activations, y, pool);
                CHECK(y == expected);
            }
        }
    }
    CHECK(pairs == 1);
}

TEST_CASE("a BitLinear of each policy is its quantizer and its product", "[family]") {
    std::apply(
        [](const auto&... named) { (check_layer<typename std::decay_t<decltype(named)>::policy>(named.name), ...); },
        test::family_policies);
}

}  // namespace
