#include <string>
#include <vector>

#include <program/cli/input.hpp>
#include <program/cli/output.hpp>
#include "commands.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

namespace {

struct TokenizeOptions {
    ModelOptions model;
    bool no_bos = false;
    bool no_parse_special = false;
};

void tokenize(const TokenizeOptions& options) {
    const Tokenizer tokenizer = load_tokenizer(*open(options.model));
    std::vector<int> ids = tokenizer.encode(read_input("-"), !options.no_parse_special);
    if (!options.no_bos && tokenizer.bos() >= 0) ids.insert(ids.begin(), tokenizer.bos());
    std::string line;
    for (const int id : ids)
        line += (line.empty() ? "" : " ") + std::to_string(id);
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
