// Every kernel where accumulators are fullest: all weights and all activations alike, K from one block to the bound.

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <vector>

#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace test;

/// What takes minutes under a sanitizer touches no memory otherwise than shorter rows do.
void skip_if_sanitized() {
#if defined(__SANITIZE_ADDRESS__)
    SKIP("takes minutes under a sanitizer");
#endif
}

std::vector<std::int8_t> constant(std::size_t count, int value) {
    return std::vector<std::int8_t>(count, static_cast<std::int8_t>(value));
}

TEST_CASE("all weights and all activations alike", "[multiply]") {
    skip_if_sanitized();
    constexpr std::array<std::size_t, 7> inputs{128, 2048, 2176, 4096, 6912, 16384, 16401};
    constexpr std::array<std::size_t, 4> tokens{1, 2, 9, 49};
    std::size_t compared = 0;
    for (const std::size_t k : inputs) {
        for (const int trit : {-1, 0, 1}) {
            for (const int q : {-128, 0, 127})
                compared += check_all_kernels({{2, k}, 49, constant(2 * k, trit), constant(49 * k, q)}, tokens);
        }
    }
    CHECK(compared == inputs.size() * 9 * tokens.size() * kernel_count);
}

TEST_CASE("extreme activations meet random weights, and random activations equal weights", "[multiply]") {
    constexpr std::size_t k = 6912;
    constexpr std::array<std::size_t, 4> tokens{1, 2, 9, 49};
    std::size_t compared = 0;
    for (const int q : {-128, 0, 127})
        compared += check_all_kernels({{5, k}, 49, random_trits(5 * k, 3), constant(49 * k, q)}, tokens);
    for (const int trit : {-1, 0, 1})
        compared += check_all_kernels({{5, k}, 49, constant(5 * k, trit), random_activations(49 * k, 4)}, tokens);
    CHECK(compared == 6 * tokens.size() * kernel_count);
}

// A 16-bit accumulator is folded after so many steps. Whatever is left over at the end of a K must not be added to an
// accumulator that is full, so every number of steps is tried, up to several times the distance between folds.
TEST_CASE("every number of steps fits the accumulators", "[multiply]") {
    constexpr std::size_t steps = 100;
    constexpr std::array<std::size_t, 5> tokens{1, 2, 4, 5, 12};
    std::size_t compared = 0;
    for (const std::size_t step : {16, 20}) {
        for (std::size_t k = step; k <= step * steps; k += step)
            compared += check_all_kernels({{17, k}, 12, constant(17 * k, 1), constant(12 * k, -128)}, tokens);
    }
    CHECK(compared == 2 * steps * tokens.size() * kernel_count);
}

TEST_CASE("very long rows", "[multiply]") {
    skip_if_sanitized();
    constexpr std::array<std::size_t, 1> one{1};
    // Just before the fold of three accumulators of 32 bits whose codes stand at the top of their byte.
    constexpr std::size_t before_fold = std::size_t{3} * 32768 - 1;
    for (const std::size_t k :
         {(std::size_t{1} << 20) + 3, before_fold * 16, before_fold * 16 + 15, before_fold * 20}) {
        CHECK(check_all_kernels({{1, k}, 1, constant(k, 1), constant(k, -128)}, one) == kernel_count);
        CHECK(check_all_kernels(Product::random({1, k}, 1, k), one) == kernel_count);
    }
}

TEST_CASE("the longest row: its sum is nearly the least int32", "[multiply]") {
    skip_if_sanitized();
    constexpr std::size_t k = ternion::max_inputs;
    constexpr std::array<std::size_t, 1> one{1};
    const Product product({1, k}, 1, constant(k, 1), constant(k, -128));
    CHECK(product.expected[0] == INT32_MIN + 128);
    // Weights stored by input take 64 bytes for each, a gigabyte, for the one row.
    constexpr std::size_t most_bytes = std::size_t{1} << 29;
    const auto fits = [&](const Kernel& kernel) { return kernel.kernels.packing.bytes(product.shape) <= most_bytes; };
    const auto fitting = static_cast<std::size_t>(std::ranges::count_if(all_kernels(), fits));
    CHECK(fitting >= kernel_count * 3 / 4);
    CHECK(check_all_kernels(product, one, most_bytes) == fitting);
}

}  // namespace
