#include "adamw.hpp"

#include <ternion/core/executor.hpp>

#include <cmath>
#include <numeric>

namespace train {

namespace {

constexpr float epsilon = 1e-8F;
constexpr std::size_t chunk = 1u << 16;

}  // namespace

void AdamW::operator()(std::span<float> weights, std::span<const float> gradients, float factor, std::size_t step,
                       float rate, float decay, ternion::ThreadPool& threads) {
    const auto t = static_cast<float>(step + 1);
    const float beta1 = beta1_, beta2 = beta2_;
    const float correct1 = 1 - std::pow(beta1, t), correct2 = 1 - std::pow(beta2, t);
    for (const Layout::Piece& piece : layout_.pieces()) {
        const float keep = piece.is_norm() ? 1 : 1 - rate * decay;
        ternion::in_chunks(threads, piece.size(), chunk, [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = piece.offset + begin; i < piece.offset + end; ++i) {
                const float g = factor * gradients[i];
                first[i] += (1 - beta1) * (g - first[i]);
                second[i] += (1 - beta2) * (g * g - second[i]);
                const float change = (first[i] / correct1) / (std::sqrt(second[i] / correct2) + epsilon);
                weights[i] = keep * weights[i] - rate * change;
            }
        });
    }
}

double norm_of(std::span<const float> values, ternion::ThreadPool& threads) {
    std::vector<double> sums((values.size() + chunk - 1) / chunk);
    ternion::in_chunks(threads, values.size(), chunk, [&](std::size_t begin, std::size_t end) {
        double sum = 0;
        for (const float value : values.subspan(begin, end - begin))
            sum += static_cast<double>(value) * static_cast<double>(value);
        sums[begin / chunk] = sum;
    });
    return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

}  // namespace train
