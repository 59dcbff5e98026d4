#include "zero_gates.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <ternion/core/float16.hpp>

#include <program/io/file_error.hpp>
#include "random_model.hpp"

namespace bitnet {

using namespace program;
namespace {

constexpr float embedded = RandomTensors::embedding_deviation;  // as the other channels are
/// Four weights of zero, as I2_S has them: code 1. Codes 0 and 2 are -1 and +1.
constexpr std::byte zeros_of_i2s{0x55};
/// The largest normalised value of these channels, which doesn't widen the range of int8: others reach 3 and more.
constexpr double most = 2;
/// The mean of the squares of numbers that are spread evenly over 0.9 to 1.1, as norms' weights are.
constexpr double norm_square = 1 + 0.01 / 3;

/// What a normally distributed number is below with this probability.
double normal_quantile(double probability) {
    double low = -10, high = 10;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < probability ? low : high) = middle;
    }
    return low;
}

template <class T>
std::vector<std::byte> repeated(T value, std::size_t count) {
    const std::vector<T> values(count, value);
    const auto bytes = std::as_bytes(std::span(values));
    return {bytes.begin(), bytes.end()};
}

}  // namespace

ZeroGates::ZeroGates(const Family& family, const Config& config, double share, float added)
    : config_(config), shift_(-normal_quantile(share)), added_(added) {
    if (!(share > 0 && share < 1))
        throw std::runtime_error(joined("a share of zeros: expected a number between 0 and 1, found ", share));
    if (config.activation != Activation::squared_relu || !config.sub_norms) {
        throw std::runtime_error(joined("a share of zeros: expected a family with squared ReLU and sub-norms, such as ",
                                        families().front().name, ", found ", family.name));
    }
    if (config.hidden % channels != 0 || config.hidden < 2 * channels) {
        throw std::runtime_error(joined("a share of zeros: expected a hidden size that is a multiple of ", channels,
                                        " and at least ", 2 * channels, ", found ", config.hidden));
    }
}

ZeroGates::Take ZeroGates::changed(const ModelTensor& tensor, const Take& take) const {
    auto found = pattern(tensor);
    if (!found) return take;
    return [take, pattern = std::move(*found), offset = std::uint64_t{0},
            copy = std::vector<std::byte>()](std::span<const std::byte> part) mutable {
        copy.assign(part.begin(), part.end());
        const std::uint64_t end = offset + copy.size();
        for (std::uint64_t row = offset / pattern.row_bytes; row < pattern.rows && row * pattern.row_bytes < end;
             ++row) {
            const std::uint64_t at = row * pattern.row_bytes;
            const std::uint64_t from = std::max(at, offset), to = std::min(at + pattern.bytes.size(), end);
            if (from < to) std::memcpy(copy.data() + (from - offset), pattern.bytes.data() + (from - at), to - from);
        }
        offset = end;
        take(copy);
    };
}

ZeroGates::Gates ZeroGates::gates(std::size_t layer) const {
    const auto hidden = static_cast<double>(config_.hidden), same = static_cast<double>(channels);
    const double others = std::pow(embedded, 2) + static_cast<double>(2 * layer + 1) * added_ * added_ * norm_square;
    const double mean = ((hidden - same) * others + same * std::pow(embedded, 2)) / hidden + config_.norm_eps;
    const double deviation = std::sqrt((hidden - same) * RandomTensors::share_of_signs * others / mean * norm_square);
    const auto subtracted = static_cast<std::size_t>(std::ceil(std::abs(shift_) * deviation / most));
    return {mean, deviation, std::min(subtracted, channels)};
}

std::optional<ZeroGates::Pattern> ZeroGates::pattern(const ModelTensor& tensor) const {
    if (tensor.kind == TensorKind::embedding)
        return Pattern{tensor.rows, 2 * tensor.cols, repeated(ternion::Float16(embedded), channels)};
    if (tensor.info == nullptr) return std::nullopt;
    const std::uint64_t row = tensor.cols / 4;  // bytes
    const Gates of = gates(tensor.layer);
    switch (tensor.info->tensor) {
        case LayerTensor::attn_output:
        case LayerTensor::ffn_down:
            return Pattern{1, tensor.rows * row, repeated(zeros_of_i2s, channels * row)};
        case LayerTensor::ffn_norm: {
            const double input = std::abs(shift_) * of.deviation / static_cast<double>(of.subtracted);
            const double weight = of.subtracted == 0 ? 1 : input * std::sqrt(of.mean_square) / embedded;
            return Pattern{1, tensor.cols * sizeof(float), repeated(static_cast<float>(weight), channels)};
        }
        case LayerTensor::ffn_gate: {
            // All of them have the same input, so it doesn't matter which are subtracted.
            std::vector<std::byte> codes = repeated(zeros_of_i2s, channels / 4);
            for (std::size_t i = 0; i < of.subtracted; ++i)
                codes[i / 4] ^= (shift_ < 0 ? std::byte{1} : std::byte{3}) << 2 * (i % 4);
            return Pattern{tensor.rows, row, std::move(codes)};
        }
        default:
            return std::nullopt;
    }
}

}  // namespace bitnet
