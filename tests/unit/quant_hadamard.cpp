#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"

namespace {

using namespace ternion;
using Floats = std::vector<float>;

Floats transformed(const Floats& x) {
    Floats y(x.size());
    hadamard_transform(x.data(), x.size(), y.data());
    return y;
}

double norm_of(const Floats& x) {
    double sum = 0;
    for (const float value : x)
        sum += static_cast<double>(value) * static_cast<double>(value);
    return std::sqrt(sum);
}

TEST_CASE("blocks are the largest power of two that divides K", "[hadamard]") {
    CHECK(hadamard_block(1) == 1);
    CHECK(hadamard_block(35) == 1);
    CHECK(hadamard_block(96) == 32);
    CHECK(hadamard_block(2560) == 512);
    CHECK(hadamard_block(6912) == 256);
    CHECK(hadamard_block(4096) == 4096);
}

TEST_CASE("the transform is the Walsh-Hadamard matrix, orthonormal", "[hadamard]") {
    for (const std::size_t k : {1, 2, 3, 8, 12, 40, 96, 256, 768}) {
        const Floats x = test::random_floats(k, k, 3);
        const Floats y = transformed(x);
        const std::size_t block = hadamard_block(k);
        std::size_t right = 0;
        for (std::size_t i = 0; i < k; ++i) {
            double sum = 0;
            for (std::size_t j = 0; j < block; ++j) {
                const double value = static_cast<double>(x[i / block * block + j]);
                sum += std::popcount(i % block & j) % 2 == 0 ? value : -value;
            }
            right += std::fabs(static_cast<double>(y[i]) - sum / std::sqrt(static_cast<double>(block))) < 1e-5;
        }
        INFO(k << " inputs");
        CHECK(right == k);
        CHECK(std::fabs(norm_of(y) - norm_of(x)) <= 1e-6 * norm_of(x));
        const Floats back = transformed(y);
        for (std::size_t i = 0; i < k; ++i)
            CHECK(std::fabs(back[i] - x[i]) < 1e-5f);
    }
}

TEST_CASE("the transform may be done in place", "[hadamard]") {
    Floats x = test::random_floats(192, 4);
    const Floats expected = transformed(x);
    hadamard_transform(x.data(), x.size(), x.data());
    CHECK(x == expected);
}

TEST_CASE("an outlier is spread over its block, and other tokens keep their integers", "[hadamard]") {
    Floats x(2 * 384, 0.0f);
    x[130] = 16;
    QuantizedActivations found;
    static_assert(std::same_as<ActivationsOf<Hadamard<Absmax<4>>>, QuantizedActivations>);
    quantize(Hadamard<Absmax<4>>{}, x, 2, 384, found);
    for (std::size_t i = 0; i < 384; ++i)
        CHECK(std::abs(found.row(0)[i]) == (i >= 128 && i < 256 ? 7 : 0));
    CHECK(std::fabs(found.scale(0) * 7 - 16 / std::sqrt(128.0f)) < 1e-6f);
    for (std::size_t i = 0; i < 384; ++i)
        CHECK(found.row(1)[i] == 0);
}

}  // namespace
