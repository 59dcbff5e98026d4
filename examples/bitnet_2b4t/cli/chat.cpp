#include <cctype>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <program/cli/input.hpp>
#include <program/cli/interrupt.hpp>
#include <program/cli/output.hpp>
#include "commands.hpp"
#include "conversation.hpp"
#include "line_editor.hpp"

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
        "A space in front makes a turn of such a line.\n"
        "Ctrl-C stops an answer or gives up a line; pressed again, it leaves.\n");
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

enum class Line { turn, command, exit };

/// Runs the command that a line is, one that begins with "/" and a letter; any other line is a turn. Throws FileError,
/// and std::runtime_error for a command that isn't there.
Line run_command(const std::string& line, Conversation& conversation) {
    if (line[0] != '/' || std::isalpha(static_cast<unsigned char>(line[1])) == 0) return Line::turn;
    const std::string name = line.substr(0, line.find_first_of(" \t\r"));
    const std::string file = trimmed(line.substr(name.size()));
    if (name == "/exit") return Line::exit;
    if (name == "/help") {
        show_help();
    } else if (name == "/stats") {
        show_stats(conversation);
    } else if (name == "/reset") {
        conversation.reset();
        say("The conversation is forgotten.\n");
    } else if (name != "/save" && name != "/load") {
        throw std::runtime_error("unknown command " + in_quotes(name) + "; /help lists them");
    } else if (file.empty()) {
        throw std::runtime_error("expected " + name + " FILE, found no file name");
    } else if (name == "/save") {
        conversation.save(file);
        say("The conversation is saved.\n");
    } else {
        conversation.load(file);
        say("The conversation goes on: " + std::to_string(conversation.session().tokens().size()) + " tokens.\n");
    }
    return Line::command;
}

/// What else there is to know of an answer.
void explain(const Answer& answer) {
    if (answer.forgetful) say(coloured(2, "[the context was full: the oldest turns are forgotten]\n"));
    if (answer.end != GenerationEnd::full_context) return;
    say(coloured(2, "[the context is full: the answer is cut, and the next turn forgets the oldest]\n"));
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
    write_output(options.json ? as_json(whole, answer) : text.finish() + "\n");
    explain(answer);
}

/// Each line of standard input is a turn, or the whole prompt file is the only one.
void answer_lines(Conversation& conversation, const ChatOptions& options) {
    Sampler sampler = options.generation.make_sampler();
    if (!options.prompt_file.empty()) {
        const std::string message = read_input(options.prompt_file);
        const Interrupt interrupt;
        return answer_line(conversation, message, sampler, options);
    }
    for (std::string line; next_line(line);) {
        const Interrupt interrupt;  // not before: a signal ends the wait for a line at once
        const Line kind = run_command(line, conversation);
        if (kind == Line::exit) return;
        if (kind == Line::turn) answer_line(conversation, line, sampler, options);
        Interrupt::check();
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
            if (is_blank(line)) continue;
            const Line kind = command(line);
            if (kind == Line::exit) return;
            if (kind == Line::turn) answer(line);
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
                    Interrupt::forget();
                    if (leaving_ && !editor_.typed()) return false;
                    leaving_ = true;
                    say(coloured(2, "Ctrl-C again, Ctrl-D or /exit leaves.\n"));
            }
        }
    }

    /// What goes wrong is said.
    Line command(const std::string& line) {
        try {
            return run_command(line, conversation_);
        } catch (const std::runtime_error& error) {
            say(std::string(error.what()) + "\n");
            return Line::command;
        }
    }

    void answer(const std::string& line) {
        VisibleText text;
        try {
            const auto put = [&](std::string_view piece) { write_output(text.put(piece)); };
            const Answer answer = conversation_.answer(line, sampler_, limit_, put);
            write_output(text.finish() + "\n");
            explain(answer);
            leaving_ = answer.end == GenerationEnd::interrupted;
            if (!leaving_) return;
            Interrupt::forget();
            say(coloured(2, "[stopped; Ctrl-C again leaves]\n"));
        } catch (const PromptTooLong& error) {
            say(std::string(error.what()) + "\n");
        }
    }

    Conversation& conversation_;
    Sampler sampler_;
    int limit_;
    Interrupt interrupt_;  // stops an answer, or gives up a line
    LineEditor editor_;
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
        "bitnet-2b4t chat -m ggml-model-i2_s.gguf -s \"Be brief.\"", chat);
    add_model_options(command, options.model);
    command.get_option("--model")->required(false);
    command.add_option("-s,--system", options.system, "system prompt: how the model should behave")->type_name("TEXT");
    command.add_option("-f,--prompt-file", options.prompt_file, "answer this one message and leave")->type_name("FILE");
    command.add_flag("--json", options.json, "print a JSON object for each answer, with speed and memory");
    add_generation_options(command, options.model, options.generation);
    options.temperature = command.get_option("--temp");
}

}  // namespace bitnet::cli
