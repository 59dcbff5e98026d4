#include <string>
#include <vector>

#include <program/cli/input.hpp>
#include <program/cli/output.hpp>
#include "commands.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct TokenizeOptions {
    ModelOptions model;
    bool no_bos = false;
    bool no_parse_special = false;
};

void tokenize(const TokenizeOptions& options) {
    const Tokenizer tokenizer = load_tokenizer(*open(options.model));
    const std::string text = read_input("-");
    const bool special = !options.no_parse_special;
    std::string line;
    for (const int id : options.no_bos ? tokenizer.encode(text, special) : tokenizer.encode_with_bos(text, special))
        line += joined(line.empty() ? "" : " ", id);
    write_output(line + "\n");
}

}  // namespace

void add_tokenize(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "tokenize", "Turn standard input into token ids, on one line",
                    "printf 'Hello' | bitnet-2b4t tokenize -m ggml-model-i2_s.gguf", tokenize);
    add_file_options(command, options.model);
    command.add_flag("--no-bos", options.no_bos, "no BOS token in front");
    command.add_flag("--no-parse-special", options.no_parse_special, "take the names of special tokens as text");
}

}  // namespace bitnet::cli
