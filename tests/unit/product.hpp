#pragma once

// A product with its oracle, and the comparison of every kernel with it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <ternion/ternion.hpp>
#include <utility>
#include <vector>

#include "kernels.hpp"

namespace test {

/// Activations X[M,K] as a caller may have them: no padding after the last value, rows `ld` apart.
struct Activations {
    std::size_t m, k, ld;
    std::vector<std::int8_t> q;
    std::vector<float> scales;
    std::vector<std::int32_t> sums;

    /// `values` is row-major [M,K] without gaps; gaps are filled with what a kernel must not read as activations.
    Activations(std::span<const std::int8_t> values, std::size_t tokens, std::size_t inputs, std::size_t gap = 0)
        : m(tokens), k(inputs), ld(inputs + gap), q(tokens == 0 ? 0 : (tokens - 1) * ld + inputs, 99) {
        for (std::size_t t = 0; t < m; ++t) {
            const auto row = values.subspan(t * k, k);
            std::copy(row.begin(), row.end(), q.begin() + static_cast<std::ptrdiff_t>(t * ld));
            std::int32_t sum = 0;
            for (const std::int8_t value : row)
                sum += value;
            sums.push_back(sum);
            scales.push_back(0.0078125f * static_cast<float>(t + 1) + 0.1f);
        }
    }

    [[nodiscard]] ternion::ActivationView view() const { return {q.data(), m, k, ld, scales.data(), sums.data()}; }
    /// The first tokens only.
    [[nodiscard]] ternion::ActivationView view(std::size_t tokens) const {
        auto first = view();
        first.m = tokens;
        return first;
    }
};

/// Y[M,N] = X[M,K] · W[N,K]ᵀ and what it has to be.
struct Product {
    ternion::Shape shape;
    std::vector<std::int8_t> trits;
    Activations x;
    std::vector<std::int32_t> expected;

    Product(ternion::Shape matrix, std::size_t m, std::vector<std::int8_t> w, const std::vector<std::int8_t>& q)
        : shape(matrix), trits(std::move(w)), x(q, m, matrix.k), expected(m * matrix.n) {
        ternion::reference_gemm(trits, shape.n, shape.k, q, m, expected);
    }

    static Product random(ternion::Shape shape, std::size_t m, std::uint64_t seed) {
        return {shape, m, random_trits_of(shape, seed), random_activations_of(shape, m, seed)};
    }

 private:
    static std::vector<std::int8_t> random_trits_of(ternion::Shape shape, std::uint64_t seed);
    static std::vector<std::int8_t> random_activations_of(ternion::Shape shape, std::size_t m, std::uint64_t seed);
};

/// What outputs hold before a kernel writes them: no sum of a test.
inline constexpr std::int32_t poison = 0x5a5a5a5a;

/// Where two results differ first, or nothing.
std::string first_difference(std::span<const std::int32_t> found, std::span<const std::int32_t> expected);

/// Multiplies with every kernel, at each number of tokens (at most the product's), and compares with ==. The results
/// lie in a poisoned buffer that is one value too long, so that what isn't written, or is written behind, shows.
/// Returns how many products were compared. Kernels whose matrix would take more than `most_bytes` are left out.
std::size_t check_all_kernels(const Product& product, std::span<const std::size_t> tokens,
                              std::size_t most_bytes = static_cast<std::size_t>(-1));

}  // namespace test
