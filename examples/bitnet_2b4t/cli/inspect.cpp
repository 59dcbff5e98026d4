#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include <program/cli/output.hpp>
#include <ternion/core/thread_pool.hpp>
#include "commands.hpp"
#include "model_options.hpp"
#include "zero_table.hpp"

namespace bitnet::cli {

using namespace program;
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
    return formatted("%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::size_t count_zeros(const TernaryTensor& tensor, ternion::ThreadPool& threads) {
    std::atomic<std::size_t> zeros = 0;
    ternion::in_chunks(threads, tensor.rows(), 64, [&](std::size_t begin, std::size_t end) {
        std::vector<std::int8_t> trits((end - begin) * tensor.cols());
        tensor.read(begin, end - begin, trits);
        zeros += static_cast<std::size_t>(std::ranges::count(trits, 0));
    });
    return zeros;
}

void write_row(const std::string& name, const std::string& type, const std::string& shape,
               const std::string& scale = "", const std::string& zeros = "") {
    const std::string row =
        formatted("%-20s %-5s %11s %11s %7s", name.c_str(), type.c_str(), shape.c_str(), scale.c_str(), zeros.c_str());
    write_line(row.substr(0, row.find_last_not_of(' ') + 1));
}

struct Tally {
    const char* what;
    std::size_t matrices = 0, weights = 0, zeros = 0;
};

/// The table's row of a tensor. Ternary matrices are also counted.
void write_tensor(const ModelSource& source, const ModelTensor& tensor, ternion::ThreadPool& threads, Tally& ternary,
                  Tally& floats) {
    const std::string name = tensor.name.substr(0, tensor.name.rfind(".weight"));
    const auto shape = [](std::size_t rows, std::size_t cols) {
        return rows == 1 ? joined(cols) : joined(rows, "x", cols);
    };
    if (!source.contains(tensor.name)) return write_row(name, "missing", "");
    if (tensor.kind != TensorKind::ternary) {
        const DenseTensor found = source.dense(tensor.name);
        return write_row(name, std::string(found.format->name), shape(found.rows, found.cols));
    }
    const TernaryTensor found = source.ternary(tensor.name);
    const std::size_t zeros = count_zeros(found, threads);
    const std::size_t weights = found.matrix.shape.size();
    write_row(name, found.format, shape(found.rows(), found.cols()), found.scale_text(), percent(zeros, weights));
    Tally& tally = source.is_ternary(tensor.name) ? ternary : floats;
    tally.matrices += 1;
    tally.weights += weights;
    tally.zeros += zeros;
}

struct InspectOptions {
    ModelOptions model;
    bool zeros = false;
    std::string text =
        "A model reads this text. What it finds on its way is measured: 12 and 30 make 42, and a cat isn't a dog.";
};

void write_declarations(const std::vector<Declaration>& declarations, bool used) {
    for (const Declaration& found : declarations)
        if (found.used == used)
            write_line("  " + in_quotes(found.key).substr(1, in_quotes(found.key).size() - 2) + " = " + found.value);
}

/// The model computes for this: it is loaded as for a chat.
void write_zeros(const InspectOptions& options) {
    const Model model = load(options.model, Parts::weights_and_tokenizer);
    const std::vector<int> tokens = model.tokenize(options.text, true);
    if (tokens.empty()) throw CLI::ValidationError("--text", "expected a text, found an empty one");
    const std::vector<FfnZeros> zeros = ffn_zeros(model, tokens);
    write_output("\n" + zero_table(zeros, joined("a text of ", tokens.size(), " tokens")));
}

void inspect(const InspectOptions& options) {
    const auto source = open(options.model);
    write_line(in_quotes(source->name()));
    write_line("family: " + std::string(source->family().name));
    const auto declarations = source->metadata();
    write_declarations(declarations, true);
    write_output("\nwithout effect on numbers:\n");
    write_declarations(declarations, false);
    write_output("\n");
    write_row("tensor", "type", "shape", "scale", "zeros");
    ternion::ThreadPool threads;
    Tally ternary{" ternary matrices, "}, floats{" matrices of floats, ternary when loaded, "};
    for (const ModelTensor& tensor : source->tensors())
        write_tensor(*source, tensor, threads, ternary, floats);
    write_output("\n");
    for (const auto& [what, matrices, weights, zeros] : {ternary, floats}) {
        if (weights == 0) continue;
        write_line(joined(grouped(matrices), what, grouped(weights), " weights, ", percent(zeros, weights), " zeros"));
    }
    if (options.zeros) write_zeros(options);
}

}  // namespace

void add_inspect(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "inspect", "Print a model's metadata, tensors, scales and share of zeros",
                    "bitnet-2b4t inspect ggml-model-i2_s.gguf", inspect);
    add_file(command, "-m,--model,FILE", options.model.path, "GGUF file, or Hugging Face folder or model.safetensors")
        ->required()
        ->option_text("(either)");
    CLI::Option* zeros = command.add_flag("--zeros", options.zeros,
                                          "let the model read a text, and print each layer's share of zeros there");
    command.add_option("--text", options.text, "another text than the program's own")->needs(zeros)->type_name("TEXT");
}

}  // namespace bitnet::cli
