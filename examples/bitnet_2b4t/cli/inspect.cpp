#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <vector>

#include <program/cli/output.hpp>
#include "../compute/threads.hpp"
#include "commands.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

namespace {

/// What is too long for a terminal is cut, between characters.
void write_line(std::string line) {
    if (const std::size_t width = columns(STDOUT_FILENO); line.size() > width) {
        std::size_t end = width - 3;
        while ((line[end] & 0xc0) == 0x80)
            --end;
        line = line.substr(0, end) + "...";
    }
    write_output(line + "\n");
}

std::string grouped(std::size_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;)
        text.insert(at -= 3, " ");
    return text;
}

std::string percent(std::size_t part, std::size_t whole) {
    char text[16];
    std::snprintf(text, sizeof text, "%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
    return text;
}

std::size_t count_zeros(const TernaryTensor& tensor, Threads& threads) {
    std::atomic<std::size_t> zeros = 0;
    in_chunks(threads, tensor.rows, 64, [&](std::size_t begin, std::size_t end) {
        std::vector<std::int8_t> trits((end - begin) * tensor.cols);
        tensor.read(begin, end - begin, trits);
        zeros += static_cast<std::size_t>(std::ranges::count(trits, 0));
    });
    return zeros;
}

void write_row(std::string_view name, std::string_view type, const std::string& shape, const std::string& scale = "",
               const std::string& zeros = "") {
    char row[128];
    std::snprintf(row, sizeof row, "%-20.*s %-5.*s %11s %11s %7s", static_cast<int>(name.size()), name.data(),
                  static_cast<int>(type.size()), type.data(), shape.c_str(), scale.c_str(), zeros.c_str());
    std::string line = row;
    write_line(line.erase(line.find_last_not_of(' ') + 1));
}

struct Tally {
    const char* what;
    std::size_t matrices = 0, weights = 0, zeros = 0;
};

struct Tallies {
    Tally ternary{" ternary matrices, "}, floats{" matrices of floats, ternary when loaded, "};
};

void write_tensor(const ModelSource& source, const ModelTensor& tensor, Threads& threads, Tallies& tallies) {
    const std::string_view name = std::string_view(tensor.name).substr(0, tensor.name.rfind(".weight"));
    const auto shape = [](const auto& found) {
        return (found.rows == 1 ? "" : std::to_string(found.rows) + "x") + std::to_string(found.cols);
    };
    if (!source.contains(tensor.name)) return write_row(name, "missing", "");
    if (tensor.kind != ModelTensor::Kind::ternary) {
        const DenseTensor found = source.dense(tensor.name);
        return write_row(name, found.format->name, shape(found));
    }
    const TernaryTensor found = source.ternary(tensor.name);
    const std::size_t zeros = count_zeros(found, threads);
    char scale[32];
    std::snprintf(scale, sizeof scale, "%.5g", static_cast<double>(found.scale));
    write_row(name, found.format, shape(found), scale, percent(zeros, found.rows * found.cols));
    Tally& tally = find_number_format(found.format) == nullptr ? tallies.ternary : tallies.floats;
    tally.matrices += 1;
    tally.weights += found.rows * found.cols;
    tally.zeros += zeros;
}

void inspect(const ModelOptions& options) {
    const auto source = open(options);
    write_line(in_quotes(source->name()));
    for (const auto& [key, value] : source->metadata())
        write_line("  " + in_quotes(key).substr(1, in_quotes(key).size() - 2) + " = " + value);
    write_output("\n");
    write_row("tensor", "type", "shape", "scale", "zeros");
    Threads threads;
    Tallies tallies;
    for (const ModelTensor& tensor : model_tensors(source->config(), source->contains("output.weight"))) {
        write_tensor(*source, tensor, threads, tallies);
    }
    write_output("\n");
    for (const Tally& tally : {tallies.ternary, tallies.floats}) {
        if (tally.weights == 0) continue;
        write_line(grouped(tally.matrices) + tally.what + grouped(tally.weights) + " weights, " +
                   percent(tally.zeros, tally.weights) + " zeros");
    }
}

}  // namespace

void add_inspect(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "inspect", "Print a model's metadata, tensors, scales and share of zeros",
                    "bitnet-2b4t inspect ggml-model-i2_s.gguf", inspect);
    command.add_option("-m,--model,FILE", options.path, "GGUF file, or Hugging Face folder or model.safetensors")
        ->required()
        ->type_name("FILE")
        ->option_text("(either)");
}

}  // namespace bitnet::cli
