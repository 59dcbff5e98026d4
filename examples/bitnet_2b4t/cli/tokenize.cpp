#include <memory>
#include <string>
#include <vector>

#include "command.hpp"
#include "generate.hpp"
#include "input.hpp"
#include "output.hpp"

namespace bitnet::cli {

namespace {

struct TokenizeOptions {
    ModelOptions model;
    bool no_bos = false;
    bool no_parse_special = false;
};

void tokenize(const TokenizeOptions& options) {
    const auto source = open(options.model);
    const Tokenizer tokenizer = load_tokenizer(*source);
    std::vector<int> ids = tokenizer.encode(read_input("-"), !options.no_parse_special);
    if (!options.no_bos && tokenizer.bos() >= 0) ids.insert(ids.begin(), tokenizer.bos());
    std::string line;
    for (const int id : ids) {
        if (!line.empty()) line += ' ';
        line += std::to_string(id);
    }
    standard_output().write(line + "\n");
}

}  // namespace

void add_tokenize(CLI::App& app, Action& action) {
    auto options = std::make_shared<TokenizeOptions>();
    CLI::App* command = app.add_subcommand("tokenize", "Turn standard input into token ids, on one line");
    add_file_options(*command, options->model);
    command->add_flag("--no-bos", options->no_bos, "no BOS token in front");
    command->add_flag("--no-parse-special", options->no_parse_special, "take the names of special tokens as text");
    command->footer("Example: printf 'Hello' | bitnet-2b4t tokenize -m ggml-model-i2_s.gguf");
    command->callback([options, &action] { action = [options] { tokenize(*options); }; });
}

}  // namespace bitnet::cli
