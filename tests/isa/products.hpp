#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <ternion/ternion.hpp>
#include <vector>

namespace isa {

/// Y[M,N] = X[M,K] · W[N,K]ᵀ with the sums that the oracle gives.
struct Product {
    ternion::Shape shape;
    std::vector<std::int8_t> trits;
    std::vector<std::int8_t> q;
    std::vector<float> scales;  // of each token
    std::vector<std::int32_t> token_sums;
    std::vector<std::int32_t> expected;
    std::vector<std::size_t> batches;  // sizes to multiply with, each at most M

    /// Row-major trits [N,K] and activations [M,K].
    Product(ternion::Shape matrix, std::vector<std::int8_t> w, std::vector<std::int8_t> x,
            std::vector<std::size_t> sizes);

    [[nodiscard]] ternion::ActivationView view(std::size_t m) const {
        return {q.data(), m, shape.k, shape.k, scales.data(), token_sums.data()};
    }
};

/// Ragged shapes with random trits and activations, and the largest sums that there are: the same on every machine.
const std::vector<Product>& products();

}  // namespace isa
