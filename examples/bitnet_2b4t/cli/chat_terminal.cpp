#include "chat_terminal.hpp"

#include <unistd.h>

#include <cstdio>

#include "memory_use.hpp"
#include "output.hpp"
#include "visible_text.hpp"

namespace bitnet::cli {

namespace {

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

}  // namespace

bool standard_input_is_terminal() {
    return ::isatty(STDIN_FILENO) == 1;
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\v\f\r") == std::string_view::npos;
}

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

ChatTerminal::ChatTerminal(Conversation& conversation, const ChatOptions& options)
    : conversation_(conversation), sampler_(options.sampling.make()), limit_(limit_of(options.limit)) {}

void ChatTerminal::run() {
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

bool ChatTerminal::read(std::string& line) {
    for (;;) {
        switch (editor_.next(line)) {
            case LineReader::Result::line:
                leaving_ = false;
                return true;
            case LineReader::Result::end:
                say("\n");
                return false;
            case LineReader::Result::interrupted:
                say("\n");
                interrupt_.clear();
                if (leaving_) return false;
                leaving_ = true;
                say(coloured(2, "Ctrl-C again, Ctrl-D or /exit leaves.\n"));
        }
    }
}

bool ChatTerminal::command(const std::string& line) {
    try {
        return run_command(line, conversation_);
    } catch (const FileError& error) {
        say(std::string(error.what()) + "\n");
        return true;
    }
}

void ChatTerminal::answer(const std::string& line) {
    const Output& out = standard_output();
    VisibleText text(out.is_terminal() ? TextTarget::terminal : TextTarget::file);
    try {
        const auto put = [&](std::string_view piece) { out.write(text.put(piece)); };
        const auto stop = [&] { return interrupt_.pressed(); };
        const auto [end, read, written, forgetful] = conversation_.answer(line, sampler_, limit_, put, stop);
        out.write(text.finish() + "\n");
        if (forgetful) say(coloured(2, "[the context was full: the oldest turns are forgotten]\n"));
        leaving_ = end == GenerationEnd::interrupted;
        if (leaving_) interrupt_.clear();
        if (leaving_) say(coloured(2, "[stopped; Ctrl-C again leaves]\n"));
        if (end == GenerationEnd::full_context) say(coloured(2, "[the context is full: /reset begins anew]\n"));
    } catch (const PromptTooLong& error) {
        say(std::string(error.what()) + "\n[/reset begins anew]\n");
    }
}

}  // namespace bitnet::cli
