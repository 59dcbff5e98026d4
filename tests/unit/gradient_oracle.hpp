#pragma once

// Gradients by their definitions, for tests of backward passes.

#include <cmath>
#include <cstddef>
#include <vector>

namespace test {

/// Whether two vectors differ by at most `tolerance` times the second's length.
inline bool close(const std::vector<float>& found, const std::vector<float>& expected, double tolerance) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        difference += std::pow(static_cast<double>(found[i]) - static_cast<double>(expected[i]), 2);
        size += std::pow(static_cast<double>(expected[i]), 2);
    }
    return found.size() == expected.size() && difference <= tolerance * tolerance * size;
}

/// dx += dy · W and dw += dyᵀ · X, by their sums.
inline void naive_linear_backward(const std::vector<float>& x, const std::vector<float>& w,
                                  const std::vector<float>& dy, std::size_t m, std::vector<float>& dx,
                                  std::vector<float>& dw) {
    const std::size_t k = x.size() / m, n = w.size() / k;
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            for (std::size_t c = 0; c < k; ++c) {
                dx[i * k + c] += dy[i * n + j] * w[j * k + c];
                dw[j * k + c] += dy[i * n + j] * x[i * k + c];
            }
        }
    }
}

/// Central differences of value(at), a function of doubles.
template <class Value>
std::vector<float> differences(const std::vector<float>& around, Value&& value, double step = 1e-5) {
    std::vector<double> at(around.begin(), around.end());
    std::vector<float> gradient;
    for (double& moved : at) {
        const double before = moved;
        moved = before + step;
        const double up = value(at);
        moved = before - step;
        gradient.push_back(static_cast<float>((up - value(at)) / (2 * step)));
        moved = before;
    }
    return gradient;
}

}  // namespace test
