#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <program/cli/output.hpp>
#include "convert.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

/// A row of the table: the scale, |W - scale T| / |W|, Euclidean, and the share of zeros.
std::string damage(const std::string& name, const DenseTensor& weights, const TernaryTensor& trits, bool exact) {
    std::vector<float> row(weights.cols);
    std::vector<std::int8_t> quantised(weights.cols);
    double lost = 0, all = 0, zeros = 0;
    for (std::size_t n = 0; n < weights.rows; ++n) {
        weights.read(n, row);
        trits.read(n, 1, quantised);
        for (std::size_t k = 0; k < weights.cols; ++k) {
            const auto w = static_cast<double>(row[k]);
            const auto scale = static_cast<double>(trits.matrix.scale_of(n, k / trits.matrix.inputs_of_scale()));
            lost += std::pow(w - scale * quantised[k], 2);
            all += w * w;
        }
        zeros += static_cast<double>(std::ranges::count(quantised, 0));
    }
    const std::string error = exact ? "exact" : formatted("%4.1f %%", 100 * (all > 0 ? std::sqrt(lost / all) : 0));
    return formatted("%-25s %11s %7s %4.1f %%\n", name.c_str(), trits.scale_text().c_str(), error.c_str(),
                     100 * zeros / static_cast<double>(weights.rows * weights.cols));
}

void ternarize(const ConvertOptions& options) {
    const auto source = open(options.model, Masters::quantised);
    std::string table = "tensor                          scale   error  zeros\n";
    for (const ModelTensor& tensor : source->tensors()) {
        if (tensor.kind != TensorKind::ternary) continue;
        const DenseTensor weights = source->dense(tensor.name);
        TernaryTensor trits = source->ternary(tensor.name);
        if (is_rotated(tensor.name) && source->stores_pairs()) trits = in_pairs(trits, source->config().head_dim);
        table += damage(tensor.name, weights, trits, source->is_ternary(tensor.name));
    }
    write_model(*source, options);
    write_output(table);
}

}  // namespace

void add_ternarize(CLI::App& app) {
    add_conversion(app, "ternarize",
                   "Quantise a model of float weights by absmean and write it as GGUF; print each matrix's error",
                   "bitnet-2b4t ternarize -m bitnet-b1.58-2B-4T-bf16 --output model.gguf", ternarize);
}

}  // namespace bitnet::cli
