#include <bitnet/conversation.hpp>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include <program/cli/input.hpp>
#include <program/cli/interrupt.hpp>
#include <program/cli/measurement.hpp>
#include <program/cli/output.hpp>
#include "commands.hpp"
#include "generation_options.hpp"
#include "line_editor.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct ChatOptions {
    ModelOptions model;
    TextOptions text;
    const CLI::Option* temperature = nullptr;
    std::string system, prompt_file, chat_template;
    bool commands = false;
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
    places.emplace_back(BITNET_DEFAULT_MODEL);
    for (const fs::path& place : places) {
        if (fs::is_regular_file(place, error)) return place.string();
    }
    throw std::runtime_error("expected a model (-m FILE), found none, nor the one that ships with the project");
}

void say(const std::string& text) {
    std::fputs(text.c_str(), stderr);
}

void introduce_default_model() {
    say("No model was given (-m FILE): this is the project's small\n"
        "one, which knows a few things only. Ask it, for example:\n"
        "  What is 123 + 45?\n"
        "  Write 25 in balanced ternary\n"
        "  How many n's are in \"banana\"?\n");
}

std::string known_templates() {
    std::string all;
    for (const std::string& name : ChatTemplate::names())
        all += (all.empty() ? "" : ", ") + name;
    return all;
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

void show_stats(const Conversation& conversation) {
    const Session& session = conversation.session();
    for (const auto& [what, timing] :
         {std::pair("prompts", conversation.prompts()), {"answers", conversation.answers()}})
        std::fprintf(stderr, "%s  %7zu tokens, %8.1f tokens/s\n", what, timing.tokens, timing.rate());
    std::fprintf(stderr, "context  %7zu of %zu tokens\n", session.tokens().size(), session.model().context());
    std::fprintf(stderr, "KV cache %7.1f MB\n", static_cast<double>(session.cache_bytes()) / 1e6);
    std::fprintf(stderr, "memory   %7.1f MB, without the mapped file\n", static_cast<double>(memory_in_use()) / 1e6);
}

void load(Conversation& conversation, const std::string& file) {
    try {
        conversation.load(file);
    } catch (const OtherKvType&) {
        throw FileError(file, "a KV cache of the type in use (--kv-type)", "another");
    }
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
        load(conversation, file);
        say(joined("The conversation goes on: ", conversation.session().tokens().size(), " tokens.\n"));
    }
    return Line::command;
}

/// Answers a turn on standard output, and says what else there is to know of the answer. Tells how it ended.
GenerationEnd answer_turn(Conversation& conversation, const std::string& line, GeneratedText text) {
    Answer answer;
    if (!trimmed(line).empty()) answer = conversation.answer(line, text.on_piece());
    text.finish(answer);
    if (answer.forgetful) say(coloured(2, "[the context was full: the oldest turns are forgotten]\n"));
    if (answer.end == GenerationEnd::full_context) {
        say(coloured(2, "[the context is full: the answer is cut, and the next turn forgets the oldest]\n"));
    }
    return answer.end;
}

/// A turn that has no answer, because it is too long say, is said to have none, and the next one comes. False for such.
bool answer_line(Conversation& conversation, const std::string& line, const ChatOptions& options) {
    const auto refuse = [&](const char* problem) {
        say(joined("bitnet-2b4t: ", problem, "\n"));
        options.json ? write_json(nlohmann::json{{"error", problem}}) : write_output("\n");
        return false;
    };
    try {
        answer_turn(conversation, line, GeneratedText(options.json, VisibleText(TextTarget::line)));
        return true;
    } catch (const PromptTooLong& error) {
        return refuse(error.what());
    } catch (const UnsupportedText& error) {
        return refuse(error.what());
    }
}

/// Each line of standard input is a turn, or the whole prompt file is the only one; each answer is a line.
void answer_lines(Conversation& conversation, const ChatOptions& options) {
    if (!options.prompt_file.empty()) {
        const std::string message = read_input(options.prompt_file);
        const Interrupt interrupt;
        answer_turn(conversation, message, GeneratedText(options.json, VisibleText(TextTarget::line)));
        return;
    }
    std::size_t turns = 0, refused = 0;
    for (std::string line; next_line(line);) {
        const Interrupt interrupt;  // not before: a signal ends the wait for a line at once
        const Line kind = options.commands ? run_command(line, conversation) : Line::turn;
        if (kind == Line::exit) break;
        if (kind == Line::turn) {
            ++turns;
            refused += answer_line(conversation, line, options) ? 0 : 1;
        }
        Interrupt::check();
    }
    if (refused > 0) throw std::runtime_error(joined(refused, " of ", turns, " turns have no answer"));
}

/// Whether it was Ctrl-C that ended the answer.
bool answer_at_terminal(Conversation& conversation, const std::string& line) {
    try {
        if (answer_turn(conversation, line, GeneratedText(false)) != GenerationEnd::cancelled) return false;
    } catch (const PromptTooLong& error) {
        say(joined(error.what(), "\n"));
        return false;
    } catch (const UnsupportedText& error) {
        say(joined(error.what(), "\n"));
        return false;
    }
    Interrupt::forget();
    say(coloured(2, "[stopped; Ctrl-C again leaves]\n"));
    return true;
}

/// What goes wrong is said.
Line command_at_terminal(const std::string& line, Conversation& conversation) {
    try {
        return run_command(line, conversation);
    } catch (const std::runtime_error& error) {
        say(joined(error.what(), "\n"));
        return Line::command;
    }
}

/// The chat at a terminal: a prompt, answers as they come, Ctrl-C. What isn't an answer goes to standard error.
void chat_at_terminal(Conversation& conversation) {
    const Interrupt interrupt;  // stops an answer, or gives up a line
    LineEditor editor;
    bool leaving = false;  // the last thing that happened was Ctrl-C: the next one leaves
    say(coloured(2, "/help shows the commands.\n"));
    for (std::string line;;) {
        if (editor.next(line)) {
            const Line kind = trimmed(line).empty() ? Line::command : command_at_terminal(line, conversation);
            if (kind == Line::exit) return;
            leaving = kind == Line::turn && answer_at_terminal(conversation, line);
            continue;
        }
        say("\n");
        if (!Interrupt::noted()) return;  // the end of the input
        Interrupt::forget();
        if (leaving && !editor.typed()) return;
        leaving = true;
        say(coloured(2, "Ctrl-C again, Ctrl-D or /exit leaves.\n"));
    }
}

void chat(const ChatOptions& given) {
    ChatOptions options = given;
    if (options.model.path.empty()) {
        options.model.path = default_model();
        introduce_default_model();
        // It has one answer to each question.
        if (options.temperature->count() == 0) options.text.generation.sampling.temperature = 0;
    }
    const Model model = load(options.model, Parts::weights_and_tokenizer);
    Conversation conversation(model, options.system, options.text.made(), options.chat_template);
    if (input_is_terminal() && options.prompt_file.empty() && !options.json) {
        chat_at_terminal(conversation);
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
        "bitnet-2b4t chat -m ggml-model-i2_s.gguf -sys \"Be brief.\"", chat);
    add_model_options(command, options.model);
    command.get_option("--model")->required(false);
    command.add_option("--system-prompt,--system", options.system, "how the model should behave; also -sys")
        ->type_name("TEXT");
    command.add_flag_function(
        "--conversation", [](std::int64_t) {}, "also -cnv: what chat does anyway, for those who are used to say so");
    add_file(command, "-f,--prompt-file", options.prompt_file, "answer this one message and leave");
    command.add_option("--chat-template", options.chat_template, "instead of the model's: " + known_templates())
        ->check(CLI::IsMember(ChatTemplate::names()).description(""))
        ->type_name("NAME");
    command.add_flag("--commands", options.commands, "lines of a pipe that begin with / are commands too: /help");
    command.add_flag("--json", options.json, "print a JSON object for each answer, with speed and memory");
    add_generation_options(command, options.model, options.text);
    options.temperature = command.get_option("--temp");
}

}  // namespace bitnet::cli
