#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <program/cli/output.hpp>
#include "commands.hpp"
#include "convert.hpp"

namespace bitnet::cli {

namespace {

/// What absmean makes of float weights.
struct Damage {
    double error = 0;  // |W - gamma T| / |W|, Euclidean
    double zeros = 0;  // their share
};

Damage damage_of(const DenseTensor& weights, const TernaryTensor& trits) {
    std::vector<float> row(weights.cols);
    std::vector<std::int8_t> quantised(weights.cols);
    double lost = 0, all = 0;
    std::size_t zeros = 0;
    for (std::size_t n = 0; n < weights.rows; ++n) {
        weights.read(n, row);
        trits.read(n, 1, quantised);
        for (std::size_t k = 0; k < weights.cols; ++k) {
            const auto w = static_cast<double>(row[k]);
            lost += std::pow(w - static_cast<double>(trits.scale) * quantised[k], 2);
            all += w * w;
        }
        zeros += static_cast<std::size_t>(std::ranges::count(quantised, 0));
    }
    const auto count = static_cast<double>(weights.rows) * static_cast<double>(weights.cols);
    return {all > 0 ? std::sqrt(lost / all) : 0, static_cast<double>(zeros) / count};
}

void ternarize(const ConvertOptions& options) {
    const auto source = open(options.model);
    std::string table = "tensor                          scale   error  zeros\n";
    for (const ModelTensor& tensor : model_tensors(source->config(), source->contains("output.weight"))) {
        if (tensor.kind != ModelTensor::Kind::ternary) continue;
        const DenseTensor weights = source->dense(tensor.name);
        const TernaryTensor trits = source->ternary(tensor.name);
        const Damage damage = damage_of(weights, trits);
        table += formatted("%-25s %11.4g %5.1f %% %4.1f %%\n", tensor.name.c_str(), static_cast<double>(trits.scale),
                           100 * damage.error, 100 * damage.zeros);
    }
    convert_model(*source, options);
    write_output(table);
}

}  // namespace

void add_ternarize(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "ternarize",
                    "Quantise a model of float weights by absmean and write it as GGUF; print each matrix's error",
                    "bitnet-2b4t ternarize -m bitnet-b1.58-2B-4T-bf16 --output model.gguf", ternarize);
    add_convert_options(command, options);
}

}  // namespace bitnet::cli
