#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "command.hpp"
#include "conversation.hpp"
#include "input.hpp"
#include "output.hpp"

namespace bitnet::cli {

namespace {

struct ChatOptions {
    ModelOptions model;
    GenerationOptions generation;
    const CLI::Option* temperature = nullptr;
    std::string system, prompt_file;
    bool json = false;
};

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

void say(const std::string& text) {
    std::fputs(text.c_str(), stderr);
}

void show_help() {
    say("/help       shows this\n"
        "/reset      forgets the conversation\n"
        "/save FILE  writes the conversation to a file\n"
        "/load FILE  goes on with a conversation from a file\n"
        "/stats      shows speed and memory\n"
        "/exit       leaves, as Ctrl-D does\n"
        "Ctrl-C stops an answer; pressed again, it leaves.\n");
}

void show_pace(const char* what, const Pace& pace) {
    std::fprintf(stderr, "%-8s %7zu tokens, %8.1f tokens/s\n", what, pace.tokens, pace.rate());
}

void show_stats(const Conversation& conversation) {
    const Session& session = conversation.session();
    show_pace("prompts", conversation.prompts());
    show_pace("answers", conversation.answers());
    std::fprintf(stderr, "context  %7zu of %zu tokens\n", session.tokens().size(), session.capacity());
    std::fprintf(stderr, "KV cache %7.1f MB\n", static_cast<double>(session.cache().bytes()) / 1e6);
    std::fprintf(stderr, "memory   %7.1f MB, without the mapped file\n", static_cast<double>(memory_in_use()) / 1e6);
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\v\f\r") == std::string_view::npos;
}

/// Runs /help, /reset, /save, /load or /stats; returns false for anything else. Throws FileError.
bool run_command(std::string_view line, Conversation& conversation) {
    constexpr std::string_view save = "/save ", load = "/load ";
    if (line.starts_with(save)) {
        conversation.save(trimmed(line.substr(save.size())));
        say("The conversation is saved.\n");
        return true;
    }
    if (line.starts_with(load)) {
        conversation.load(trimmed(line.substr(load.size())));
        say("The conversation goes on: " + std::to_string(conversation.session().tokens().size()) + " tokens.\n");
        return true;
    }
    if (line == "/help") {
        show_help();
    } else if (line == "/stats") {
        show_stats(conversation);
    } else if (line == "/reset") {
        conversation.reset();
        say("The conversation is forgotten.\n");
    } else {
        return false;
    }
    return true;
}

/// Standard output gets one line for each answer.
void answer_line(Conversation& conversation, const std::string& line, Sampler& sampler, const ChatOptions& options) {
    std::string whole;
    VisibleText text(TextTarget::line);
    const auto put = [&](std::string_view piece) {
        options.json ? void(whole += piece) : write_output(text.put(piece));
    };
    Answer answer;
    if (!is_blank(line)) answer = conversation.answer(line, sampler, options.generation.limit, put);
    write_output(options.json ? as_json(whole, answer.end, answer.prompt, answer.generated) : text.finish() + "\n");
}

/// Each line of standard input is a turn, or the whole prompt file is the only one.
void answer_lines(Conversation& conversation, const ChatOptions& options) {
    Sampler sampler = options.generation.make_sampler();
    if (!options.prompt_file.empty()) {
        return answer_line(conversation, read_input(options.prompt_file), sampler, options);
    }
    for (std::string line; next_line(line);) {
        if (line == "/exit") return;
        if (!run_command(line, conversation)) answer_line(conversation, line, sampler, options);
    }
}

/// The chat at a terminal: a prompt, answers as they come, Ctrl-C. What isn't an answer goes to standard error.
class ChatTerminal {
 public:
    ChatTerminal(Conversation& conversation, const GenerationOptions& options)
        : conversation_(conversation), sampler_(options.make_sampler()), limit_(options.limit) {}

    void run() {
        say(coloured(2, "/help shows the commands.\n"));
        for (std::string line; read(line);) {
            if (line == "/exit") return;
            if (is_blank(line) || command(line)) continue;
            if (line[0] == '/' && line.find_first_of(" /", 1) == std::string::npos) {
                say("There is no such command; /help shows those there are.\n");
                continue;
            }
            answer(line);
        }
    }

 private:
    /// False at the end of the chat.
    bool read(std::string& line) {
        for (;;) {
            switch (editor_.next(line)) {
                case LineEditor::Result::line:
                    leaving_ = false;
                    return true;
                case LineEditor::Result::end:
                    say("\n");
                    return false;
                case LineEditor::Result::interrupted:
                    say("\n");
                    interrupt_.clear();
                    if (leaving_) return false;
                    leaving_ = true;
                    say(coloured(2, "Ctrl-C again, Ctrl-D or /exit leaves.\n"));
            }
        }
    }

    /// Whether it was one; what goes wrong is said.
    bool command(const std::string& line) {
        try {
            return run_command(line, conversation_);
        } catch (const FileError& error) {
            say(std::string(error.what()) + "\n");
            return true;
        }
    }

    void answer(const std::string& line) {
        VisibleText text;
        try {
            const auto put = [&](std::string_view piece) { write_output(text.put(piece)); };
            const auto stop = [&] { return interrupt_.pressed(); };
            const auto [end, read, written, forgetful] = conversation_.answer(line, sampler_, limit_, put, stop);
            write_output(text.finish() + "\n");
            if (forgetful) say(coloured(2, "[the context was full: the oldest turns are forgotten]\n"));
            leaving_ = end == GenerationEnd::interrupted;
            if (leaving_) interrupt_.clear();
            if (leaving_) say(coloured(2, "[stopped; Ctrl-C again leaves]\n"));
            if (end == GenerationEnd::full_context) say(coloured(2, "[the context is full: /reset begins anew]\n"));
        } catch (const PromptTooLong& error) {
            say(std::string(error.what()) + "\n[/reset begins anew]\n");
        }
    }

    Conversation& conversation_;
    Sampler sampler_;
    int limit_;
    Interrupt interrupt_;
    LineEditor editor_{interrupt_};
    bool leaving_ = false;  // the last thing that happened was Ctrl-C: the next one leaves
};

void chat(const ChatOptions& given) {
    ChatOptions options = given;
    if (options.model.path.empty()) {
        options.model.path = default_model();
        introduce_default_model();
        // It has one answer to each question.
        if (options.temperature->count() == 0) options.generation.sampling.temperature = 0;
    }
    const Model model(options.model, Parts::weights_and_tokenizer);
    Conversation conversation(model, options.system);
    if (input_is_terminal() && options.prompt_file.empty() && !options.json) {
        ChatTerminal(conversation, options.generation).run();
    } else {
        answer_lines(conversation, options);
    }
}

}  // namespace

void add_chat(CLI::App& app) {
    const auto [command, options] = add_command(
        app, "chat",
        "Talk to a model. Where standard input is no terminal, each line is a turn, and standard output gets "
        "the answers, a line each",
        "bitnet-2b4t chat -m ggml-model-i2_s.gguf -s \"You are a helpful assistant.\"", chat);
    add_model_options(command, options.model);
    command.get_option("--model")->required(false);
    command.add_option("-s,--system", options.system, "system prompt: how the model should behave")->type_name("TEXT");
    command.add_option("-f,--prompt-file", options.prompt_file, "answer this one message and leave")->type_name("FILE");
    command.add_flag("--json", options.json, "print a JSON object for each answer, with speed and memory");
    add_generation_options(command, options.model, options.generation);
    options.temperature = command.get_option("--temp");
}

}  // namespace bitnet::cli
