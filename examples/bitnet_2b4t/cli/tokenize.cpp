#include <string>
#include <vector>

#include <program/cli/input.hpp>
#include <program/cli/output.hpp>
#include "commands.hpp"
#include "generation_options.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct TokenizeOptions {
    ModelOptions model;
    bool no_bos = false;
    bool special = true;
};

void tokenize(const TokenizeOptions& options) {
    const Tokenizer tokenizer = load_tokenizer(*open(options.model));
    const std::string text = read_input("-");
    std::string line;
    for (const int id :
         options.no_bos ? tokenizer.encode(text, options.special) : tokenizer.encode_with_bos(text, options.special))
        line += joined(line.empty() ? "" : " ", id);
    write_output(line + "\n");
}

}  // namespace

void add_tokenize(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "tokenize", "Turn standard input into token ids, on one line",
                    "printf 'Hello' | bitnet-2b4t tokenize -m ggml-model-i2_s.gguf", tokenize);
    add_file_options(command, options.model);
    command.add_flag("--no-bos", options.no_bos, "the text alone, without what the model wants around it, such as BOS");
    add_special_options(command, options.special);
}

}  // namespace bitnet::cli
