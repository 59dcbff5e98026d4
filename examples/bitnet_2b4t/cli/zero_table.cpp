#include "zero_table.hpp"

#include <program/cli/output.hpp>
#include <program/io/file_error.hpp>

namespace bitnet::cli {

using namespace program;

std::string zero_table(std::span<const FfnZeros> layers, const std::string& of_what) {
    std::string text = "zeros of feed-forward layers, " + of_what + "\nlayer     gate   inputs of down\n";
    const auto row = [&](const std::string& name, const FfnZeros& zeros) {
        text += formatted("%5s  %5.1f %%          %5.1f %%\n", name.c_str(), 100 * zeros.gate, 100 * zeros.down);
    };
    FfnZeros mean;
    const auto count = static_cast<double>(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        row(joined(i), layers[i]);
        mean.gate += layers[i].gate / count;
        mean.down += layers[i].down / count;
    }
    row("all", mean);
    return text;
}

}  // namespace bitnet::cli
