#include "float_layers.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <ternion/quant/absmean.hpp>
#include <utility>
#include <vector>

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;
namespace {

using Floats = std::vector<float>;

/// s, where all of some numbers are -s, 0 or s; 1 where all are zero.
std::optional<float> scale_of(const float* numbers, std::size_t count) {
    float scale = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const float size = std::abs(numbers[i]);
        if (size == 0 || size == scale) continue;
        if (scale != 0 || !std::isfinite(size)) return std::nullopt;
        scale = size;
    }
    return scale != 0 ? scale : 1;
}

/// The scales of runs of `run` numbers, the last of a row being shorter; empty where a run isn't ternary.
std::vector<float> scales_of(const Floats& numbers, std::size_t cols, std::size_t run) {
    std::vector<float> scales;
    for (std::size_t row = 0; row < numbers.size(); row += cols) {
        for (std::size_t k = 0; k < cols; k += run) {
            const auto scale = scale_of(numbers.data() + row + k, std::min(run, cols - k));
            if (!scale) return {};
            scales.push_back(*scale);
        }
    }
    return scales;
}

std::optional<ternion::RepackedScales> exact_scales(const Floats& numbers, std::size_t cols) {
    if (const auto scale = scale_of(numbers.data(), numbers.size())) return ternion::RepackedScales{*scale};
    for (const std::size_t run : {cols, std::size_t{256}, std::size_t{128}, std::size_t{64}}) {
        auto scales = scales_of(numbers, cols, run);
        if (!scales.empty()) return ternion::RepackedScales{1, std::move(scales), run == cols ? 0 : run};
    }
    return std::nullopt;
}

Floats numbers_of(const DenseTensor& weights) {
    Floats numbers(weights.rows * weights.cols);
    weights.read(0, numbers);
    return numbers;
}

/// Row `to` of the result is row from(to) of its head.
template <class From>
TernaryTensor reordered(const TernaryTensor& tensor, std::size_t head_dim, From from) {
    const std::size_t rows = tensor.rows(), cols = tensor.cols(), groups = tensor.matrix.groups();
    if (rows % head_dim != 0)
        throw FileError(tensor.file, joined("rows of whole heads of ", head_dim, " in tensor ", in_quotes(tensor.name)),
                        rows);
    const bool one = tensor.matrix.has_one_scale();
    std::vector<std::int8_t> trits(rows * cols);
    ternion::RepackedScales scales{tensor.matrix.scale, Floats(one ? 0 : rows * groups), tensor.matrix.group_inputs};
    for (std::size_t n = 0; n < rows; ++n) {
        const std::size_t row = n / head_dim * head_dim + from(n % head_dim);
        tensor.read(row, 1, std::span(trits).subspan(n * cols, cols));
        for (std::size_t group = 0; !one && group < groups; ++group)
            scales.values[n * groups + group] = tensor.matrix.scale_of(row, group);
    }
    TernaryTensor result =
        own_trits(tensor.file, tensor.name, tensor.format, {rows, cols}, std::move(trits), std::move(scales));
    result.rounded = tensor.rounded;
    return result;
}

}  // namespace

TernaryTensor ternary_of(const DenseTensor& weights, Masters masters, const std::string& file) {
    const Floats numbers = numbers_of(weights);
    std::vector<std::int8_t> trits(numbers.size());
    auto scales = exact_scales(numbers, weights.cols);
    const bool exact = scales.has_value();
    if (exact) {
        std::transform(numbers.begin(), numbers.end(), trits.begin(),
                       [](float x) { return static_cast<std::int8_t>((x > 0) - (x < 0)); });
    } else if (masters != Masters::quantised) {
        throw FileError(file,
                        joined("ternary weights", in_tensor(weights.name),
                               masters == Masters::scaled ? ", which has a scale beside it"
                                                          : " (the command `ternarize` quantises others)"),
                        joined(weights.format->name, " numbers that aren't -s, 0 and s"));
    } else {
        try {
            scales = ternion::RepackedScales{ternion::absmean_quantize(numbers, trits)};
        } catch (const std::invalid_argument&) {
            throw FileError(file, "finite weights in tensor " + in_quotes(weights.name), "NaN or infinity");
        }
    }
    TernaryTensor result = own_trits(file, weights.name, std::string(weights.format->name),
                                     {weights.rows, weights.cols}, std::move(trits), std::move(*scales));
    result.rounded = !exact;
    return result;
}

bool is_ternary(const DenseTensor& weights) {
    return exact_scales(numbers_of(weights), weights.cols).has_value();
}

bool is_rotated(std::string_view tensor) {
    return tensor.ends_with(".attn_q.weight") || tensor.ends_with(".attn_k.weight");
}

TernaryTensor in_halves(const TernaryTensor& tensor, std::size_t head_dim) {
    const std::size_t half = head_dim / 2;
    return reordered(tensor, head_dim, [half](std::size_t i) { return 2 * (i % half) + i / half; });
}

TernaryTensor in_pairs(const TernaryTensor& tensor, std::size_t head_dim) {
    const std::size_t half = head_dim / 2;
    return reordered(tensor, head_dim, [half](std::size_t i) { return i / 2 + i % 2 * half; });
}

}  // namespace bitnet
