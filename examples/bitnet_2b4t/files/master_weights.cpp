#include "master_weights.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "file_error.hpp"

namespace bitnet {

TernaryTensor quantize_master(const DenseTensor& weights, const std::string& file) {
    std::vector<float> row(weights.cols);
    double sum = 0;
    for (std::size_t n = 0; n < weights.rows; ++n) {
        weights.read(n, row);
        for (const float w : row)
            sum += std::abs(static_cast<double>(w));
    }
    const double mean = sum / static_cast<double>(weights.rows) / static_cast<double>(weights.cols);
    if (!std::isfinite(mean)) {
        throw FileError(file, "finite weights in tensor " + in_quotes(weights.name), "NaN or infinity");
    }
    const float gamma = std::max(static_cast<float>(mean), 1e-5F);
    const auto read = [weights, gamma](std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out) {
        std::vector<float> values(weights.cols);
        for (std::size_t n = 0; n < row_count; ++n) {
            weights.read(row_begin + n, values);
            std::transform(
                values.begin(), values.end(), out.begin() + static_cast<std::ptrdiff_t>(n * weights.cols),
                [&](float w) { return static_cast<std::int8_t>(std::clamp(std::nearbyint(w / gamma), -1.0F, 1.0F)); });
        }
    };
    return {weights.name, std::string(weights.format->name), weights.rows, weights.cols, gamma, {}, read};
}

}  // namespace bitnet
