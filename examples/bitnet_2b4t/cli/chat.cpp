#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "chat_terminal.hpp"
#include "command.hpp"
#include "conversation.hpp"
#include "default_model.hpp"
#include "line_reader.hpp"
#include "output.hpp"
#include "visible_text.hpp"

namespace bitnet::cli {

namespace {

constexpr int default_model_limit = 32;  // it never ends an answer by itself

void warn_of_random_weights() {
    std::fputs(
        "No model was given (-m FILE): this is the project's tiny\n"
        "test model. Its weights are random, and so its answers\n"
        "are nonsense.\n",
        stderr);
}

/// Each line is a turn; standard output gets one line for each.
void answer_lines(Conversation& conversation, const ChatOptions& options) {
    Sampler sampler = options.sampling.make();
    const Output& out = standard_output();
    LineReader reader;
    for (std::string line; reader.next(line) != LineReader::Result::end;) {
        if (line == "/exit") return;
        if (run_command(line, conversation)) continue;
        if (!is_blank(line)) {
            VisibleText text(TextTarget::line);
            conversation.answer(line, sampler, limit_of(options.limit),
                                [&](std::string_view piece) { out.write(text.put(piece)); });
            out.write(text.finish());
        }
        out.write("\n");
    }
}

void chat(ChatOptions options) {
    if (options.model.path.empty()) {
        options.model.path = default_model();
        warn_of_random_weights();
        if (!options.limit_given) options.limit = default_model_limit;
    }
    auto source = open(options.model);
    const Tokenizer tokenizer = tokenizer_of(*source);
    const Model model(options.model, std::move(source));
    Conversation conversation(model, tokenizer, options.system, options.model.batch);
    if (standard_input_is_terminal()) {
        ChatTerminal(conversation, options).run();
    } else {
        answer_lines(conversation, options);
    }
}

}  // namespace

void add_chat(CLI::App& app, Action& action) {
    auto options = std::make_shared<ChatOptions>();
    CLI::App* command = app.add_subcommand(
        "chat",
        "Talk to a model. Where standard input is no terminal, each line is a turn, and standard output gets "
        "the answers, a line each");
    add_model_options(*command, options->model);
    command->get_option("--model")->required(false);
    add_context_option(*command, options->model);
    command->add_option("-s,--system", options->system, "system prompt: how the model should behave")
        ->type_name("TEXT");
    add_generation_options(*command, options->model);
    add_limit_option(*command, options->limit);
    add_sampler_options(*command, options->sampling);
    command->footer("Example: bitnet-2b4t chat -m ggml-model-i2_s.gguf -s \"You are a helpful assistant.\"");
    command->callback([command, options, &action] {
        options->limit_given = command->count("--predict") > 0;
        action = [options] { chat(*options); };
    });
}

}  // namespace bitnet::cli
