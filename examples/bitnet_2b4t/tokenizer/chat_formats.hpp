#pragma once

#include <array>
#include <span>
#include <string_view>

namespace bitnet {

/// What stands around a text.
struct Around {
    std::string_view before, after;
};

/// A chat as data.
struct ChatFormat {
    std::string_view name;
    Around system, user;
    std::string_view answer;        // where the model goes on
    std::string_view after_answer;  // behind the token that ends it
    std::string_view end;           // that token; empty: EOS
    std::size_t ends;               // how many of it are in a turn and its answer
    bool trims;                     // each text loses the white space around it
};

inline constexpr ChatFormat chat_formats[] = {
    {"bitnet", {"System: ", "<|eot_id|>"}, {"User: ", "<|eot_id|>"}, "Assistant: ", "", "<|eot_id|>", 2, true},
    {"chatml",
     {"<|im_start|>system\n", "<|im_end|>\n"},
     {"<|im_start|>user\n", "<|im_end|>\n"},
     "<|im_start|>assistant\n",
     "\n",
     "<|im_end|>",
     2,
     false},
    {"llama3",
     {"<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"},
     {"<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"},
     "<|start_header_id|>assistant<|end_header_id|>\n\n",
     "",
     "<|eot_id|>",
     2,
     true},
    {"falcon3", {"<|system|>\n", "\n"}, {"<|user|>\n", "\n"}, "<|assistant|>\n", "\n", "", 1, false},
};

/// By what a template in Jinja is known: it holds all of `marks` and nothing of `others`, which would be said, or left
/// out, beyond the format. Line feeds may be written as \n, texts in either quotes, members as message.role, and
/// several spaces count as one.
struct ChatMarks {
    std::string_view format;
    std::array<std::string_view, 5> marks, others;
};

inline constexpr ChatMarks chat_marks[] = {
    // Of the published GGUF of 2B4T, which the model wasn't trained on.
    {"bitnet", {"BITNETAssistant"}, {}},
    {"bitnet",
     {"message['role'] | capitalize", "': '", "message['content'] | trim", "<|eot_id|>", "'Assistant: '"},
     {"System: ", "You are"}},
    {"llama3",
     {"'<|start_header_id|>'", "'<|end_header_id|>\n\n'", "| trim", "'<|eot_id|>'",
      "<|start_header_id|>assistant<|end_header_id|>\n\n"},
     {"Cutting Knowledge Date", "You are", "<think>"}},
    {"chatml",
     {"<|im_start|>", "<|im_end|>", "'<|im_start|>assistant\n"},
     {"You are a", "You are Q", "| trim", "|trim", "<|im_start|>assistant\n<think>"}},
    {"falcon3",
     {"'<|system|>\n' + message['content'] + '\n'", "'<|user|>\n' + message['content'] + '\n'",
      "'<|assistant|>\n' + message['content'] + eos_token + '\n'", "'<|assistant|>\n'"},
     {"You are", "| trim", "<think>"}},
};

}  // namespace bitnet
