#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "chat_terminal.hpp"
#include "command.hpp"
#include "conversation.hpp"
#include "input.hpp"
#include "line_reader.hpp"
#include "output.hpp"
#include "visible_text.hpp"

namespace bitnet::cli {

namespace {

/// The model that `chat` takes without -m: the one that ships with the project, beside the installed program or in the
/// source folder. Throws std::runtime_error where it is nowhere.
std::string default_model() {
    namespace fs = std::filesystem;
    std::vector<fs::path> places;
    std::error_code error;
    if (const fs::path program = fs::read_symlink("/proc/self/exe", error); !error) {
        places.push_back(program.parent_path().parent_path() / "share" / "ternion" / "small.gguf");
    }
#if defined(BITNET_DEFAULT_MODEL)
    places.emplace_back(BITNET_DEFAULT_MODEL);
#endif
    for (const fs::path& place : places) {
        if (fs::is_regular_file(place, error)) return place.string();
    }
    throw std::runtime_error("expected a model (-m FILE), found none, nor the one that ships with the project");
}

void introduce_default_model() {
    std::fputs(
        "No model was given (-m FILE): this is the project's small\n"
        "one, which knows a few things only. Ask it, for example:\n"
        "  What is 123 + 45?\n"
        "  Write 25 in balanced ternary\n"
        "  How many n's are in \"banana\"?\n",
        stderr);
}

/// Standard output gets one line for each answer.
void answer_line(Conversation& conversation, const std::string& line, Sampler& sampler, const ChatOptions& options) {
    const Output& out = standard_output();
    std::string whole;
    VisibleText text(TextTarget::line);
    const auto put = [&](std::string_view piece) { options.json ? void(whole += piece) : out.write(text.put(piece)); };
    Answer answer;
    if (!is_blank(line)) answer = conversation.answer(line, sampler, limit_of(options.limit), put);
    out.write(options.json ? as_json(whole, answer.end, answer.prompt, answer.generated) : text.finish() + "\n");
}

/// Each line of standard input is a turn, or the whole prompt file is the only one.
void answer_lines(Conversation& conversation, const ChatOptions& options) {
    Sampler sampler = options.sampling.make();
    if (!options.prompt_file.empty()) {
        return answer_line(conversation, read_input(options.prompt_file), sampler, options);
    }
    LineReader reader;
    for (std::string line; reader.next(line) != LineReader::Result::end;) {
        if (line == "/exit") return;
        if (!run_command(line, conversation)) answer_line(conversation, line, sampler, options);
    }
}

void chat(ChatOptions options) {
    if (options.model.path.empty()) {
        options.model.path = default_model();
        introduce_default_model();
        // It has one answer to each question.
        if (!options.temperature_given) options.sampling.options.temperature = 0;
    }
    auto source = open(options.model);
    const Tokenizer tokenizer = tokenizer_of(*source);
    const Model model(options.model, std::move(source));
    Conversation conversation(model, tokenizer, options.system, options.model.batch);
    if (standard_input_is_terminal() && options.prompt_file.empty() && !options.json) {
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
    command->add_option("-f,--prompt-file", options->prompt_file, "answer this one message and leave")
        ->type_name("FILE");
    command->add_flag("--json", options->json, "print a JSON object for each answer, with speed and memory");
    add_limit_option(*command, options->limit);
    add_sampler_options(*command, options->sampling);
    command->footer("Example: bitnet-2b4t chat -m ggml-model-i2_s.gguf -s \"You are a helpful assistant.\"");
    command->callback([command, options, &action] {
        options->temperature_given = command->count("--temp") > 0;
        action = [options] { chat(*options); };
    });
}

}  // namespace bitnet::cli
