#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "../matrices.hpp"
#include "rival.hpp"

namespace bench {

/// The operands of a dense float multiplication, all row-major: x [M,K], w [N,K], y [M,N].
struct DenseFloat {
    DenseFloat(ternion::Shape shape_, std::size_t m_)
        : shape(shape_), m(m_), w(shape_.size()), x(m_ * shape_.k), y(m_ * shape_.n) {
        std::ranges::copy(trits_of(shape), w.begin());
        const auto activations = random_activations(m, shape.k);
        for (std::size_t t = 0; t < m; ++t)
            std::ranges::copy(activations.row(t), x.data() + t * shape.k);
    }

    [[nodiscard]] Copies weights() const {
        return {reinterpret_cast<const std::byte*>(w.data()), w.size() * sizeof(float), 1};
    }

    ternion::Shape shape;
    std::size_t m;
    ternion::AlignedBuffer<float> w;  // on huge pages, as ours are
    std::vector<float> x;
    std::vector<float> y;
};

/// A rival on such operands; multiply(operands) fills y.
template <class Multiply>
MakeRival dense_float_rival(Multiply multiply) {
    return [multiply](ternion::Shape shape, std::size_t m, int threads) {
        const auto operands = std::make_shared<DenseFloat>(shape, m);
        return Rival{operands->weights(), "float", [operands, multiply, threads] { multiply(*operands, threads); },
                     [operands](std::size_t t, std::size_t n) {
                         return static_cast<double>(operands->y[t * operands->shape.n + n]);
                     }};
    };
}

}  // namespace bench
