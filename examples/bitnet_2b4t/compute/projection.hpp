#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <ternion/ternion.hpp>

#include <ternion/core/thread_pool.hpp>
#include "kernels.hpp"
#include "matrix.hpp"

namespace bitnet {

/// A ternary matrix and where its products [tokens, rows] go; with `add` they are added to what is there.
struct Projection {
    Matrix weights;
    std::span<float> y;
    bool add = false;
};

/// y = W · x for matrices that share their inputs, in one parallel region: a thread takes its share of the rows of
/// each. Then `then(begin, end)` is called with the share's rows of the first matrix, while its outputs are in cache.
template <class Then>
void project(const Kernels& kernels, std::initializer_list<Projection> projections,
             const ternion::QuantizedActivations& x, ternion::ThreadPool& threads, Then&& then) {
    constexpr std::size_t step = 64;  // rows that GEMM decodes at once
    constexpr std::size_t many_tokens =
        48;  // there a piece costs nothing but some balance; GEMV reads long pieces best
    const std::size_t pieces = threads.concurrency() * (x.tokens() > many_tokens ? 8 : 2);
    const auto share = [&](std::size_t rows, std::size_t index) {
        return std::min(rows, ternion::ceil_div(rows, step) * index / pieces * step);
    };
    const ternion::ActivationView view = x.view();
    threads.parallel_for(pieces, [&](std::size_t index, std::size_t) {
        for (const auto& [weights, y, add] : projections) {
            const std::size_t n = weights.shape.n;
            const ternion::RowRange rows{share(n, index), share(n, index + 1)};
            if (rows.begin == rows.end) continue;
            kernels.multiply(weights, view, rows, {y.data(), n, add ? y.data() : nullptr, n});
        }
        const std::size_t n = projections.begin()->weights.shape.n;
        then(share(n, index), share(n, index + 1));
    });
}

inline void project(const Kernels& kernels, std::initializer_list<Projection> projections,
                    const ternion::QuantizedActivations& x, ternion::ThreadPool& threads) {
    project(kernels, projections, x, threads, [](std::size_t, std::size_t) {});
}

}  // namespace bitnet
