#pragma once

#include <string>
#include <string_view>

#include "conversation.hpp"
#include "interrupt.hpp"
#include "line_editor.hpp"

namespace bitnet::cli {

struct ChatOptions {
    ModelOptions model;
    SamplerChoice sampling;
    std::string system;
    int limit = -1;
    bool temperature_given = false;
    std::string prompt_file;
    bool json = false;
};

bool standard_input_is_terminal();
bool is_blank(std::string_view line);

/// Runs /help, /reset, /save, /load or /stats; returns false for anything else. Throws FileError.
bool run_command(std::string_view line, Conversation& conversation);

/// The chat at a terminal: a prompt, answers as they come, Ctrl-C. What isn't an answer goes to standard error.
class ChatTerminal {
 public:
    ChatTerminal(Conversation& conversation, const ChatOptions& options);
    void run();

 private:
    /// False at the end of the chat.
    bool read(std::string& line);
    /// Whether it was one; what goes wrong is said.
    bool command(const std::string& line);
    void answer(const std::string& line);

    Conversation& conversation_;
    Sampler sampler_;
    std::size_t limit_;
    Interrupt interrupt_;
    LineEditor editor_{interrupt_};
    bool leaving_ = false;  // the last thing that happened was Ctrl-C: the next one leaves
};

}  // namespace bitnet::cli
