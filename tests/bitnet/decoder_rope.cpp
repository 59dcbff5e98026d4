#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

#include "decoder_fixture.hpp"
#include "model/rope.hpp"

namespace {

using bitnet::Rope;
using bitnet_tests::random_floats;
using bitnet_tests::small_config;

/// Turns one head in double, as the paper has it: pair (i, i + d/2) by position · theta^(-2i/d).
std::vector<double> turned(std::span<const float> head, std::size_t position, double theta) {
    const std::size_t half = head.size() / 2;
    std::vector<double> out(head.size());
    for (std::size_t i = 0; i < half; ++i) {
        const double angle = static_cast<double>(position) /
                             std::pow(theta, 2.0 * static_cast<double>(i) / static_cast<double>(head.size()));
        const double x = static_cast<double>(head[i]);
        const double y = static_cast<double>(head[i + half]);
        out[i] = x * std::cos(angle) - y * std::sin(angle);
        out[i + half] = x * std::sin(angle) + y * std::cos(angle);
    }
    return out;
}

TEST_CASE("RoPE turns pairs of halves as the formula says, up to the end of the context") {
    const std::size_t dim = GENERATE(2, 64, 80, 128);
    const std::size_t first = GENERATE(0, 1, 511, 4093);
    const auto config = small_config(3, 1, dim);
    Rope rope(config, bitnet::find_kernels());
    rope.prepare(std::vector{first, first + 1, first + 2});
    for (std::size_t t = 0; t < 3; ++t) {
        const std::vector<float> before = random_floats(3 * dim, static_cast<unsigned>(t));
        std::vector<float> heads = before;
        rope.apply(t, heads);
        for (std::size_t h = 0; h < 3; ++h) {
            const auto expected = turned(std::span(before).subspan(h * dim, dim), first + t, 500000);
            for (std::size_t i = 0; i < dim; ++i)
                CHECK_THAT(heads[h * dim + i], Catch::Matchers::WithinAbs(expected[i], 3e-7));
        }
    }
}

TEST_CASE("RoPE leaves position 0 as it is") {
    const auto config = small_config(1, 1, 128);
    Rope rope(config, bitnet::find_kernels());
    rope.prepare(std::vector<std::size_t>{0});
    const std::vector<float> before = random_floats(128, 1);
    std::vector<float> head = before;
    rope.apply(0, head);
    CHECK(head == before);
}

}  // namespace
