#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "command.hpp"
#include "generate.hpp"
#include "input.hpp"
#include "output.hpp"
#include "visible_text.hpp"

namespace bitnet::cli {

namespace {

struct CompleteOptions {
    ModelOptions model;
    SamplerChoice sampling;
    std::string prompt, prompt_file;
    int limit = -1;
    bool json = false;
};

void complete(const CompleteOptions& options) {
    auto source = open(options.model);
    const Tokenizer tokenizer = tokenizer_of(*source);
    const Model model(options.model, std::move(source));
    const bool from_file = !options.prompt_file.empty();
    std::vector<int> prompt = tokenizer.encode(from_file ? read_input(options.prompt_file) : options.prompt);
    if (tokenizer.bos() >= 0) prompt.insert(prompt.begin(), tokenizer.bos());
    if (prompt.empty()) {
        throw std::runtime_error("expected a prompt (-p) for a model without a BOS token, found an empty one");
    }
    Session session(model, options.model.batch);
    const Stopwatch reading;
    session.feed(prompt);
    const Pace read{prompt.size(), reading.seconds()};

    const Output& out = standard_output();
    Sampler sampler = options.sampling.make();
    VisibleText text(out.is_terminal() ? TextTarget::terminal : TextTarget::file);
    std::string whole;
    const auto put = [&](std::string_view piece) { options.json ? void(whole += piece) : out.write(text.put(piece)); };
    const Stopwatch writing;
    const Generation made = generate(session, sampler, tokenizer, limit_of(options.limit), put);
    if (options.json) return out.write(as_json(whole, made.end, read, {made.count, writing.seconds()}));
    out.write(text.finish());
    if (out.is_terminal()) out.write("\n");
    if (made.end == GenerationEnd::full_context) {
        std::fprintf(stderr, "stopped: the context of %zu tokens is full\n", session.capacity());
    }
}

}  // namespace

void add_complete(CLI::App& app, Action& action) {
    auto options = std::make_shared<CompleteOptions>();
    CLI::App* command = app.add_subcommand("complete", "Continue a text; only what is new goes to standard output");
    add_model_options(*command, options->model);
    add_context_option(*command, options->model);
    auto* prompt = command->add_option_group("prompt");
    prompt->add_option("-p,--prompt", options->prompt, "the text to continue")->type_name("TEXT");
    prompt->add_option("-f,--prompt-file", options->prompt_file, "a file with it; -: standard input")
        ->type_name("FILE");
    prompt->require_option(1);
    command->add_flag("--json", options->json, "print a JSON object, with speed and memory");
    add_generation_options(*command, options->model);
    add_limit_option(*command, options->limit);
    add_sampler_options(*command, options->sampling);
    command->footer("Example: bitnet-2b4t complete -m ggml-model-i2_s.gguf -p \"Once upon a time\" -n 64 --temp 0");
    command->callback([options, &action] { action = [options] { complete(*options); }; });
}

}  // namespace bitnet::cli
