#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <program/cli/input.hpp>
#include <program/cli/interrupt.hpp>
#include <program/cli/output.hpp>
#include "commands.hpp"
#include "generation_options.hpp"
#include "ranks.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct CompleteOptions {
    ModelOptions model;
    TextOptions text;
    std::string prompt, prompt_file;
    bool special = true;
    bool json = false;
};

void complete(const CompleteOptions& options) {
    const std::string given = options.prompt_file.empty() ? options.prompt : read_input(options.prompt_file);
    const Model model = load(options.model, Parts::weights_and_tokenizer);
    const std::vector<int> prompt = model.tokenize(given, options.special);
    if (prompt.empty()) {
        throw std::runtime_error("expected a prompt (-p) for a model without a BOS token, found an empty one");
    }
    const Interrupt interrupt;
    Session session(model);
    GeneratedText text(options.json);
    const Generation made = session.generate(prompt, options.text.made(), text.on_piece());
    // mpirun puts a terminal of its own between this one and whatever reads the text.
    text.finish(made, output_is_terminal() && !ranks() ? "\n" : "");
    if (!options.json && made.end == GenerationEnd::full_context) {
        std::fprintf(stderr, "stopped: the context of %zu tokens is full\n", model.context());
    }
}

}  // namespace

void add_complete(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "complete", "Continue a text; only what is new goes to standard output",
                    "bitnet-2b4t complete -m ggml-model-i2_s.gguf -p \"Once upon\" -n 64", complete);
    add_model_options(command, options.model);
    auto* prompt = command.add_option_group("prompt");
    prompt->add_option("-p,--prompt", options.prompt, "the text to continue")->type_name("TEXT");
    add_file(*prompt, "-f,--prompt-file", options.prompt_file, "a file with it; -: standard input");
    prompt->require_option(1);
    add_special_options(command, options.special);
    command.add_flag_function(
        "--no-display-prompt", [](std::int64_t) {}, "what complete does anyway, for those who are used to say so");
    command.add_flag("--json", options.json, "print a JSON object, with speed and memory");
    add_generation_options(command, options.model, options.text);
}

}  // namespace bitnet::cli
