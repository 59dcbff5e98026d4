#include <algorithm>
#include <bitnet/chat_template.hpp>
#include <string>

#include <program/io/utf8.hpp>
#include "chat_formats.hpp"
#include "vocabulary.hpp"

namespace bitnet {

using namespace program;
namespace {

/// White space as Python's str.strip and Jinja's trim know it.
bool is_space(std::string_view character) {
    if (character.size() == 1) {
        const auto c = static_cast<unsigned char>(character[0]);
        return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20);
    }
    constexpr std::string_view spaces =
        " \xc2\x85 \xc2\xa0 \xe1\x9a\x80 \xe2\x80\x80 \xe2\x80\x81 \xe2\x80\x82 \xe2\x80\x83 \xe2\x80\x84 \xe2\x80\x85 "
        "\xe2\x80\x86 \xe2\x80\x87 \xe2\x80\x88 \xe2\x80\x89 \xe2\x80\x8a \xe2\x80\xa8 \xe2\x80\xa9 \xe2\x80\xaf "
        "\xe2\x81\x9f \xe3\x80\x80 ";
    return spaces.find(std::string(" ").append(character) + " ") != spaces.npos;
}

std::string_view stripped(std::string_view text) {
    std::size_t begin = text.size(), end = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_step(text.substr(at)).length;
        if (!is_space(text.substr(at, length))) {
            begin = std::min(begin, at);
            end = at + length;
        }
        at += length;
    }
    return end == 0 ? std::string_view() : text.substr(begin, end - begin);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    std::string result;
    std::size_t begin = 0;
    for (std::size_t at = 0; (at = text.find(from, begin)) != text.npos; begin = at + from.size())
        result.append(text, begin, at - begin).append(to);
    text = result.append(text, begin);
}

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

/// The name of the format that a template has, or nothing.
std::string_view recognise(std::string text) {
    replace_all(text, "\\n", "\n");
    replace_all(text, "\"", "'");
    replace_all(text, "message.role", "message['role']");
    replace_all(text, "message.content", "message['content']");
    text.erase(std::unique(text.begin(), text.end(), [](char a, char b) { return a == ' ' && b == ' '; }), text.end());
    // Said where there are tools, and here are none.
    replace_all(text, "You are a Falcon assistant skilled in function calling. You are helpful", "");
    // A thought that a template writes itself is one that its user didn't want.
    if (holds(text, "<think>") && !holds(text, "enable_thinking is defined and enable_thinking is false")) return {};
    for (const auto& [format, marks, others] : chat_marks) {
        const auto missing = [&](std::string_view mark) { return !holds(text, mark); };
        const auto there = [&](std::string_view other) { return !other.empty() && holds(text, other); };
        if (std::none_of(marks.begin(), marks.end(), missing) && std::none_of(others.begin(), others.end(), there))
            return format;
    }
    return {};
}

std::string known_names() {
    std::string all;
    for (const ChatFormat& format : chat_formats)
        all += (all.empty() ? "" : ", ") + std::string(format.name);
    return all;
}

std::string_view name_for(const Vocabulary& vocabulary) {
    const std::string& text = vocabulary.chat_template;
    const bool of_2b4t = vocabulary.of_bitnet && vocabulary.find_special("<|eot_id|>") >= 0;
    if (text.empty() && of_2b4t) return "bitnet";
    if (text.empty()) {
        throw NoChatTemplate(
            "expected a chat template, found none: this model isn't made for chats, `complete` works "
            "(or --chat-template NAME: " +
            known_names() + ")");
    }
    const std::string_view name = recognise(text);
    if (!name.empty()) return name;
    throw NoChatTemplate(
        "expected a chat template that this program knows, found another; --chat-template NAME says "
        "which one to use (" +
        known_names() + ")");
}

const ChatFormat& find_format(std::string_view name) {
    for (const ChatFormat& format : chat_formats) {
        if (format.name == name) return format;
    }
    throw std::runtime_error("expected a chat template of " + known_names() + ", found \"" + std::string(name) + "\"");
}

int end_token(const Tokenizer& tokenizer, std::string_view name) {
    const int id = name.empty() ? tokenizer.eos() : tokenizer.special(name).value_or(-1);
    if (id >= 0 && tokenizer.is_stop(id)) return id;
    const std::string what = name.empty() ? "an EOS" : "a special token " + std::string(name);
    throw std::runtime_error("expected a tokenizer with " + what + " for this chat template, found none");
}

}  // namespace

ChatTemplate::ChatTemplate(const Tokenizer& tokenizer, std::string_view name) : tokenizer_(&tokenizer) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    format_ = &find_format(name.empty() ? name_for(vocabulary) : name);
    const int end = end_token(tokenizer, format_->end);
    after_answer_ = tokenizer.encode(format_->after_answer);
    after_answer_.insert(after_answer_.begin(), end);
    bos_ = vocabulary.bos >= 0 && (vocabulary.add_bos || holds(vocabulary.chat_template, "bos_token"));
    drops_thoughts_ = holds(vocabulary.chat_template, "</think>");
}

std::vector<std::string> ChatTemplate::names() {
    std::vector<std::string> all;
    for (const ChatFormat& format : chat_formats)
        all.emplace_back(format.name);
    return all;
}

std::string_view ChatTemplate::name() const {
    return format_->name;
}

std::vector<int> ChatTemplate::opening(std::string_view system) const {
    std::vector<int> ids;
    const std::string_view content = format_->trims ? stripped(system) : system;
    if (!stripped(system).empty())
        ids = tokenizer_->encode_message(format_->system.before, content, format_->system.after);
    if (bos_) ids.insert(ids.begin(), tokenizer_->vocabulary().bos);
    return ids;
}

std::vector<int> ChatTemplate::turn(std::string_view user) const {
    return tokenizer_->encode_message(format_->user.before, format_->trims ? stripped(user) : user,
                                      std::string(format_->user.after).append(format_->answer));
}

std::vector<int> ChatTemplate::message(const ChatMessage& said, bool answer_follows) const {
    if (said.role == ChatMessage::Role::assistant) {
        const std::string text = kept(said.content);
        std::vector<int> ids = tokenizer_->encode(format_->trims ? stripped(text) : text);
        ids.insert(ids.end(), after_answer_.begin(), after_answer_.end());
        return ids;
    }
    const Around& around = said.role == ChatMessage::Role::user ? format_->user : format_->system;
    const std::string_view content = format_->trims ? stripped(said.content) : said.content;
    const std::string_view answer = answer_follows ? format_->answer : "";
    return tokenizer_->encode_message(around.before, content, std::string(around.after).append(answer));
}

std::vector<int> ChatTemplate::chat(std::span<const ChatMessage> messages) const {
    using Role = ChatMessage::Role;
    std::vector<int> ids = opening({});
    const auto append = [&](const std::vector<int>& more) { ids.insert(ids.end(), more.begin(), more.end()); };
    bool begun = false;  // an answer, by what stands in front of it
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const bool answer = messages[i].role == Role::assistant;
        const bool follows = i + 1 == messages.size() || messages[i + 1].role == Role::assistant;
        if (messages[i].role == Role::system && stripped(messages[i].content).empty()) continue;
        if (answer && !begun) append(tokenizer_->encode_message(format_->answer, "", ""));
        append(message(messages[i], follows));
        begun = follows && !answer;
    }
    if (!begun) append(tokenizer_->encode_message(format_->answer, "", ""));
    return ids;
}

std::string ChatTemplate::kept(std::string_view answer) const {
    constexpr std::string_view end = "</think>";
    const std::size_t thought = drops_thoughts_ ? answer.rfind(end) : answer.npos;
    if (thought == answer.npos) return std::string(answer);
    answer.remove_prefix(thought + end.size());
    return std::string(answer.substr(std::min(answer.find_first_not_of('\n'), answer.size())));
}

std::size_t ChatTemplate::end_of_exchange(std::span<const int> tokens, std::size_t begin) const {
    for (std::size_t i = 0; i < format_->ends; ++i) {
        const auto from = tokens.begin() + static_cast<std::ptrdiff_t>(begin);
        begin = static_cast<std::size_t>(std::find(from, tokens.end(), end_of_turn()) - tokens.begin()) + 1;
        if (begin > tokens.size()) return begin;
    }
    const std::size_t end = begin + after_answer_.size() - 1;
    return std::min(end, tokens.size() + 1);
}

}  // namespace bitnet
