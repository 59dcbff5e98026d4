#include "dialogue_file.hpp"

#include <program/io/file_error.hpp>
#include <program/io/json_lines.hpp>
#include <program/io/mapped_file.hpp>
#include <program/io/utf8.hpp>

namespace train {

namespace {

using program::FileError;
using program::Json;
using program::JsonLine;

struct Message {
    std::string role, content;
};

/// A text, or a list of parts of type "text".
std::string content_of(const Json& message, const std::string& where) {
    const Json& content = program::json_member(message, "content", where);
    if (!content.is_array()) return program::trimmed(program::json_text(message, "content", where));
    std::string text;
    for (const Json& part : content) {
        if (!part.is_object() || part.value("type", Json()) != "text")
            throw FileError(where, "parts of type \"text\" in \"content\"", "another");
        text += program::json_text(part, "text", where);
    }
    return program::trimmed(text);
}

std::vector<Message> messages_of(const Json& list, const std::string& where) {
    if (!list.is_array()) throw FileError(where, "a list of messages", list.type_name());
    std::vector<Message> messages;
    for (const Json& message : list) {
        if (!message.is_object()) throw FileError(where, "messages with \"role\" and \"content\"", message.type_name());
        const std::string role = program::json_text(message, "role", where);
        if (role != "system" && role != "user" && role != "assistant")
            throw FileError(where, "a role of \"system\", \"user\" or \"assistant\"", program::in_quotes(role));
        messages.push_back({role, content_of(message, where)});
    }
    return messages;
}

/// Tokens of a dialogue, and which of them are learned.
class Encoder {
 public:
    Encoder(const DialogueForm& form, const std::string& where) : form_(form), where_(where) {}

    /// A system message or none, then questions and answers in turn.
    void add(const std::vector<Message>& messages) {
        const bool system = !messages.empty() && messages[0].role == "system";
        put(form_.chat.opening(system ? messages[0].content : ""), form_.all_tokens);
        for (std::size_t i = system ? 1 : 0; i < messages.size(); ++i) {
            const char* expected = (i - (system ? 1 : 0)) % 2 == 0 ? "user" : "assistant";
            if (messages[i].role != expected)
                throw FileError(where_, program::joined("\"", expected, "\" as the role of message ", i + 1),
                                program::in_quotes(messages[i].role));
            if (messages[i].role == "user") {
                between();
                put(form_.chat.turn(messages[i].content), form_.all_tokens);
            } else {
                answer(messages[i].content);
            }
        }
    }
    void answer(const std::string& text) {
        if (text.empty()) throw FileError(where_, "an answer", "an empty one");
        put(form_.tokenizer.encode(text), true);
        put({form_.chat.end_of_turn()}, true);
        answered_ = true;
    }
    Sequence finish(const std::string& file, std::size_t line) && {
        if (!answered_) throw FileError(where_, "an assistant's message at the end", "none");
        Sequence sequence = sequence_of(std::move(tokens_), learned_);
        if (sequence.tokens.size() > form_.context)
            throw FileError(where_, program::joined("at most ", form_.context, " tokens, the model's context"),
                            sequence.tokens.size());
        sequence.file = file;
        sequence.line = line;
        return sequence;
    }

 private:
    void put(const std::vector<int>& tokens, bool learned) {
        tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
        learned_.resize(tokens_.size(), learned);
        answered_ = false;
    }
    /// What stands between an answer's last token and the next question.
    void between() {
        if (!answered_) return;
        const std::vector<int>& after = form_.chat.after_answer();
        put({after.begin() + 1, after.end()}, form_.all_tokens);
    }

    const DialogueForm& form_;
    const std::string& where_;
    std::vector<int> tokens_;
    std::vector<bool> learned_;
    bool answered_ = false;
};

std::vector<Message> prompt_of(const JsonLine& line) {
    const char* key = line.object.contains("messages") ? "messages" : "prompt";
    const Json& prompt = program::json_member(line.object, key, line.where);
    std::vector<Message> messages;
    if (prompt.is_string()) {
        messages.push_back({"user", program::trimmed(prompt.get<std::string>())});
    } else {
        messages = messages_of(prompt, line.where);
    }
    if (messages.empty() || messages.back().role != "user")
        throw FileError(line.where, "a prompt that ends with a user's message", "another");
    return messages;
}

std::string answer_of(const JsonLine& line, const char* key) {
    const Json& answer = program::json_member(line.object, key, line.where);
    if (!answer.is_array()) return program::trimmed(program::json_text(line.object, key, line.where));
    const std::vector<Message> messages = messages_of(answer, line.where);
    if (messages.size() != 1 || messages[0].role != "assistant")
        throw FileError(line.where, program::joined("one assistant's message in \"", key, "\""), messages.size());
    return messages[0].content;
}

}  // namespace

std::vector<Sequence> read_dialogues(const std::string& path, const DialogueForm& form) {
    std::vector<Sequence> sequences;
    program::each_json_line(program::MappedFile(path).text(), path, [&](const JsonLine& line) {
        Encoder encoder(form, line.where);
        encoder.add(messages_of(program::json_member(line.object, "messages", line.where), line.where));
        sequences.push_back(std::move(encoder).finish(path, line.number));
    });
    return sequences;
}

std::vector<Sequence> read_pairs(const std::string& path, const DialogueForm& form) {
    std::vector<Sequence> sequences;
    program::each_json_line(program::MappedFile(path).text(), path, [&](const JsonLine& line) {
        const std::vector<Message> prompt = prompt_of(line);
        for (const char* key : {"chosen", "rejected"}) {
            DialogueForm answers = form;
            answers.all_tokens = false;
            Encoder encoder(answers, line.where);
            encoder.add(prompt);
            encoder.answer(answer_of(line, key));
            sequences.push_back(std::move(encoder).finish(path, line.number));
        }
    });
    return sequences;
}

}  // namespace train
