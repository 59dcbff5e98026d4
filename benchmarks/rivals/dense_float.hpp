#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "../matrices.hpp"
#include "rival.hpp"

namespace bench {

/// The operands of a dense float multiplication, all row-major: x [M,K], copies of w [N,K], y [M,N].
struct DenseFloat {
    explicit DenseFloat(const Product& product)
        : shape(product.shape),
          m(product.tokens),
          copies(copies_for(product, weights(shape))),
          x(m * shape.k),
          y(m * shape.n) {
        const auto activations = random_activations(m, shape.k);
        for (std::size_t t = 0; t < m; ++t)
            std::ranges::copy(activations.row(t), x.data() + t * shape.k);
    }

    [[nodiscard]] const float* w(std::size_t copy) const { return reinterpret_cast<const float*>(copies[copy]); }

    ternion::Shape shape;
    std::size_t m;
    Copies copies;
    std::vector<float> x;
    std::vector<float> y;

 private:
    static Content weights(ternion::Shape shape) {
        const std::size_t bytes = shape.size() * sizeof(float);
        return {"float/" + name_of(shape), bytes, [shape, bytes] {
                    const std::vector<float> values(trits_of(shape).begin(), trits_of(shape).end());
                    auto buffer = ternion::AlignedBuffer<std::byte>::uninitialized(bytes);
                    std::memcpy(buffer.data(), values.data(), bytes);
                    return buffer;
                }};
    }
};

/// A library that multiplies such operands; multiply(operands, w, threads) fills y.
template <class Multiply>
RivalLibrary dense_float_library(const char* name, Multiply multiply) {
    return {name, 32, 1e-3, [multiply](const Product& product) {
                const auto operands = std::make_shared<DenseFloat>(product);
                return Rival{
                    operands->copies, "float",
                    [=](std::size_t copy) { multiply(*operands, operands->w(copy), product.threads); },
                    [=](std::size_t t, std::size_t n) { return double{operands->y[t * operands->shape.n + n]}; },
                    [=](std::size_t t, std::size_t n) { return product_of_trits(product, t, n); }};
            }};
}

}  // namespace bench
