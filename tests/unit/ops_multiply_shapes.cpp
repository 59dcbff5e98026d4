// Every kernel on ragged shapes: whatever N, K and M are, the edges are the library's business.

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <vector>

#include "product.hpp"

namespace {

using namespace test;

constexpr std::array<std::size_t, 17> edges{1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 255, 257};

/// 1 .. 20 and the neighbours of every block of tokens.
std::vector<std::size_t> batches() {
    std::vector<std::size_t> m(20);
    std::iota(m.begin(), m.end(), std::size_t{1});
    for (const std::size_t larger :
         {31, 47, 48, 49, 60, 63, 64, 65, 126, 127, 128, 130, 135, 200, 251, 252, 253, 259, 301})
        m.push_back(larger);
    return m;
}

TEST_CASE("every kernel is exact for every pair of ragged N and K", "[multiply]") {
    const auto m = batches();
    std::size_t compared = 0;
    std::size_t pair = 0;
    for (const std::size_t n : edges) {
        for (const std::size_t k : edges) {
            // One token, and another batch for each pair; the large ones only where that is quick.
            const std::size_t batch = m[pair % (n * k > 5000 ? 12 : m.size())];
            const std::array<std::size_t, 2> tokens{1, batch};
            compared += check_all_kernels(Product::random({n, k}, batch, pair), tokens);
            ++pair;
        }
    }
    CHECK(compared == edges.size() * edges.size() * 2 * kernel_count);
}

TEST_CASE("every kernel is exact for every batch", "[multiply]") {
    const auto m = batches();
    constexpr std::array<ternion::Shape, 5> shapes{{{1, 1}, {3, 17}, {17, 33}, {65, 129}, {31, 255}}};
    std::size_t compared = 0;
    for (const auto shape : shapes)
        compared += check_all_kernels(Product::random(shape, 301, shape.k), m);
    CHECK(compared == shapes.size() * m.size() * kernel_count);
}

TEST_CASE("every kernel is exact for K of several blocks", "[multiply]") {
    // 512, 2048 and 4096 inputs are blocks of the kernels; 2176 and 6912 are shapes of models.
    constexpr std::array<ternion::Shape, 10> shapes{{{18, 511},
                                                     {18, 513},
                                                     {17, 2047},
                                                     {33, 2048},
                                                     {5, 2049},
                                                     {81, 2176},
                                                     {6, 4095},
                                                     {19, 4099},
                                                     {3, 6912},
                                                     {7, 6912 + 31}}};
    constexpr std::array<std::size_t, 6> tokens{1, 2, 6, 9, 15, 50};
    std::size_t compared = 0;
    for (const auto shape : shapes)
        compared += check_all_kernels(Product::random(shape, 50, shape.k), tokens);
    CHECK(compared == shapes.size() * tokens.size() * kernel_count);
}

TEST_CASE("every kernel is exact for N of several tiles", "[multiply]") {
    constexpr std::array<ternion::Shape, 4> shapes{{{2176, 19}, {1025, 130}, {6912, 3}, {4097, 16}}};
    constexpr std::array<std::size_t, 4> tokens{1, 5, 11, 50};
    std::size_t compared = 0;
    for (const auto shape : shapes)
        compared += check_all_kernels(Product::random(shape, 50, shape.n), tokens);
    CHECK(compared == shapes.size() * tokens.size() * kernel_count);
}

TEST_CASE("no tokens are no work", "[multiply]") {
    constexpr std::array<std::size_t, 1> none{0};
    CHECK(check_all_kernels(Product::random({17, 33}, 1, 1), none) == kernel_count);
}

}  // namespace
