#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_adapters.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <span>
#include <vector>

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

/// Frequencies as the papers have them, from the model's base.
std::vector<double> unscaled(const bitnet::Config& config) {
    std::vector<double> frequencies;
    for (std::size_t i = 0; i < config.head_dim; i += 2)
        frequencies.push_back(
            1 / std::pow(double{config.rope_theta}, static_cast<double>(i) / static_cast<double>(config.head_dim)));
    return frequencies;
}

void check_frequencies(const bitnet::Config& config, const std::vector<double>& expected) {
    const std::vector<double> found = bitnet::rope_frequencies(config);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        INFO("pair " << i);
        CHECK_THAT(found[i], Catch::Matchers::WithinRel(expected[i], 1e-12));
    }
}

bitnet::Config scaled_config(bitnet::RopeScaling::Kind kind, std::size_t head_dim, float theta) {
    bitnet::Config config = small_config(1, 1, head_dim);
    config.rope_theta = theta;
    config.rope_scaling.kind = kind;
    return config;
}

TEST_CASE("linear RoPE scaling is a slower position") {
    auto config = scaled_config(bitnet::RopeScaling::Kind::linear, 64, 10000);
    config.rope_scaling.factor = 4;
    std::vector<double> expected = unscaled(config);
    for (double& frequency : expected)
        frequency /= 4;
    check_frequencies(config, expected);
}

TEST_CASE("LLaMA-3's RoPE scaling leaves short waves and stretches long ones") {
    auto config = scaled_config(bitnet::RopeScaling::Kind::llama3, 128, 500000);
    config.rope_scaling.factor = 8;
    config.rope_scaling.low_frequency = GENERATE(1.0, 2.0);
    config.rope_scaling.high_frequency = 4;
    config.rope_scaling.original_context = 8192;
    const double longest = 8192 / config.rope_scaling.low_frequency, shortest = 8192.0 / 4;
    std::vector<double> expected = unscaled(config);
    std::size_t left = 0, stretched = 0, between = 0;
    for (double& frequency : expected) {
        const double wavelength = 2 * 3.14159265358979323846 / frequency;
        if (wavelength < shortest) {
            ++left;
        } else if (wavelength > longest) {
            ++stretched;
            frequency /= 8;
        } else {
            ++between;
            const double smooth =
                (8192 / wavelength - config.rope_scaling.low_frequency) / (4 - config.rope_scaling.low_frequency);
            frequency = (1 - smooth) * frequency / 8 + smooth * frequency;
        }
    }
    CHECK((left > 20 && stretched > 20 && between > 1));
    check_frequencies(config, expected);
}

TEST_CASE("YaRN blends from the fast pairs, which stay, to the slow ones, which are stretched") {
    // Of Qwen's kind, and one whose slowest pair doesn't turn once in the original context.
    const auto [head_dim, theta, original] = GENERATE(table<std::size_t, float, double>(
        {{128, 1000000.0F, 16384.0}, {64, 1000000.0F, 512.0}, {64, 10000.0F, 1e6}, {32, 10000.0F, 4096.0}}));
    const double fast = GENERATE(32.0, 8.0), slow = 1;
    auto config = scaled_config(bitnet::RopeScaling::Kind::yarn, head_dim, theta);
    config.rope_scaling.factor = 4;
    config.rope_scaling.original_context = original;
    config.rope_scaling.beta_fast = fast;
    const double dim = static_cast<double>(head_dim);
    /// The dimension at which a wave turns so often: solved from original / wavelength = rotations.
    const auto dimension = [&](double rotations) {
        return dim / 2 * std::log(original / (2 * 3.14159265358979323846 * rotations)) / std::log(double{theta});
    };
    double low = std::floor(dimension(fast)), high = std::ceil(dimension(slow));
    if (low < 0) low = 0;
    if (high > dim - 1) high = dim - 1;
    std::vector<double> expected = unscaled(config);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double at = static_cast<double>(i);
        const double stretched = at <= low ? 0 : at >= high ? 1 : (at - low) / (high - low);
        expected[i] = stretched * (expected[i] / 4) + (1 - stretched) * expected[i];
    }
    check_frequencies(config, expected);
}

TEST_CASE("YaRN's attention factor multiplies sines and cosines, and divisors divide frequencies") {
    auto config = scaled_config(bitnet::RopeScaling::Kind::none, 64, 10000);
    const std::vector<float> before = random_floats(64, 3);
    const auto turned_at_5 = [&](std::span<const float> divisors) {
        Rope rope(config, bitnet::find_kernels(), divisors);
        rope.prepare(std::vector<std::size_t>{5});
        std::vector<float> head = before;
        rope.apply(0, head);
        return head;
    };
    const std::vector<float> plain = turned_at_5({});
    config.rope_scaling.attention = 1.25;
    std::vector<float> stretched = turned_at_5({});
    for (std::size_t i = 0; i < 64; ++i)
        CHECK_THAT(stretched[i], Catch::Matchers::WithinAbs(1.25 * static_cast<double>(plain[i]), 1e-6));

    config.rope_scaling.attention = 1;
    CHECK(turned_at_5(std::vector<float>(32, 1)) == plain);
    // Five times as slow, a pair at position 5 is where it was at position 1.
    std::vector<float> divisors(32, 1);
    divisors[3] = 5;
    const std::vector<float> divided = turned_at_5(divisors);
    const auto expected = turned(before, 1, 10000);
    CHECK_THAT(divided[3], Catch::Matchers::WithinAbs(expected[3], 3e-7));
    CHECK_THAT(divided[35], Catch::Matchers::WithinAbs(expected[35], 3e-7));
    CHECK(divided[4] == plain[4]);
}

}  // namespace
