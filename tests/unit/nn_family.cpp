// Every weight x activation pair on every arch gives the same bits as Int8's on the scalar one, which family_oracle.cpp
// compares with the formulas.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <map>
#include <vector>

#include "family_policies.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using Floats = std::vector<float>;

const std::vector<test::Layer>& layers() {
    static const std::vector<test::Layer> all = [] {
        std::vector<test::Layer> made;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (test::append_layers<I>(made), ...);
        }
        (std::make_index_sequence<test::family_slices>{});
        return made;
    }();
    return all;
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

void check_layers(Shape shape, std::size_t m, const Floats& x, test::AnyExecutor& executor, bool add) {
    const auto ternary = test::random_trits(shape.size(), shape.k), binary = test::random_signs(shape.size(), shape.k);
    const Floats before = test::random_floats(m * shape.n, 77, 100);
    test::Erased<Serial> serial;
    std::map<std::pair<std::string_view, bool>, Floats> expected;
    for (const auto& layer : layers()) {
        if (layer.packing != Int8::name || layer.backend != "scalar") continue;
        for (const bool zeros : {false, true}) {
            Floats& y = expected[{layer.policy, zeros}] = before;
            layer.forward({shape, zeros ? ternary : binary, m, x}, y, add, serial);
        }
    }
    REQUIRE(expected.size() == 2 * test::policy_count);
    for (const auto& layer : layers()) {
        Floats y = before;
        layer.forward({shape, layer.holds_zeros ? ternary : binary, m, x}, y, add, executor);
        if (!same_bits(y, expected[{layer.policy, layer.holds_zeros}]))
            FAIL_CHECK(layer.name() << ": N=" << shape.n << " K=" << shape.k << " M=" << m);
    }
}

TEST_CASE("every weight x activation pair is there, on every arch", "[family]") {
    constexpr std::size_t all = test::packings_on_all_archs, others = test::family_packings::size - all;
    CHECK(layers().size() == (all * all_archs::size + others) * test::policy_count);
}

TEST_CASE("every weight x activation pair gives the same bits on every arch", "[family]") {
    test::Erased<Serial> serial;
    for (const Shape shape :
         {Shape{1, 1}, Shape{5, 64}, Shape{37, 90}, Shape{33, 129}, Shape{70, 257}, Shape{17, 1025}})
        check_layers(shape, 3, tokens(3, shape.k), serial, false);
    check_layers({49, 300}, 1, tokens(1, 300), serial, false);
    check_layers({50, 2304}, 2, tokens(2, 2304), serial, false);
    check_layers({19, 200}, 27, tokens(27, 200), serial, false);
    check_layers({3, 70}, 0, {}, serial, false);
}

TEST_CASE("every pair adds to a residual, on any number of threads", "[family]") {
    for (const std::size_t threads : {1, 2, 5}) {
        test::Erased<test::ThreadPool> pool{test::ThreadPool(threads)};
        check_layers({83, 190}, 4, tokens(4, 190), pool, true);
    }
}

TEST_CASE("every pair: zeros give zeros, and what isn't finite NaN, in its token alone", "[family]") {
    const Shape shape{21, 150};
    const auto ternary = test::random_trits(shape.size(), 1), binary = test::random_signs(shape.size(), 2);
    Floats x = tokens(3, shape.k);
    std::fill_n(x.begin(), shape.k, 0.0f);
    x[5] = -0.0f;
    x[2 * shape.k + 77] = std::numeric_limits<float>::infinity();
    test::Erased<Serial> serial;
    for (const auto& layer : layers()) {
        Floats y(3 * shape.n, 5);
        layer.forward({shape, layer.holds_zeros ? ternary : binary, 3, x}, y, false, serial);
        const auto all = [&](std::size_t token, auto&& condition) {
            return std::all_of(y.begin() + static_cast<std::ptrdiff_t>(token * shape.n),
                               y.begin() + static_cast<std::ptrdiff_t>((token + 1) * shape.n), condition);
        };
        const bool right = all(0, [](float value) { return value == 0; }) &&
                           all(1, [](float value) { return value - value == 0; }) &&
                           all(2, [](float value) { return value != value; });
        if (!right) FAIL_CHECK(layer.name());
    }
}

}  // namespace
