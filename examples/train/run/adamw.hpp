#pragma once

#include <span>
#include <ternion/core/thread_pool.hpp>
#include <vector>

#include "../model/parameters.hpp"

namespace train {

/// AdamW (arXiv 1711.05101): moments of the gradients, and decay of matrices apart from them. Results don't depend on
/// the number of threads.
class AdamW {
 public:
    AdamW(const Layout& layout, float beta1, float beta2)
        : first(layout.size()), second(layout.size()), layout_(layout), beta1_(beta1), beta2_(beta2) {}

    /// Changes the weights by gradients that are multiplied by `factor`. `step` counts from 0.
    void operator()(std::span<float> weights, std::span<const float> gradients, float factor, std::size_t step,
                    float rate, float decay, ternion::ThreadPool& threads);

    std::vector<float> first, second;  // moments, a number for each weight

 private:
    const Layout& layout_;
    float beta1_, beta2_;
};

/// The Euclidean norm, summed in double in a fixed order.
double norm_of(std::span<const float> values, ternion::ThreadPool& threads);

}  // namespace train
