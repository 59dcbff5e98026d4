#include "chat_template.hpp"

#include <stdexcept>
#include <string>

namespace bitnet::cli {

std::string trimmed(std::string_view text) {
    constexpr std::string_view spaces = " \t\n\v\f\r";
    const auto begin = text.find_first_not_of(spaces);
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(spaces) - begin + 1));
}

namespace {

void append(std::vector<int>& to, const std::vector<int>& ids) {
    to.insert(to.end(), ids.begin(), ids.end());
}

}  // namespace

ChatTemplate::ChatTemplate(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {
    if (tokenizer.end_of_turn() >= 0) return;
    throw std::runtime_error(
        "expected a tokenizer with an end-of-turn token (<|eot_id|>), found none: "
        "this model cannot chat, `complete` may do");
}

void ChatTemplate::add_message(std::vector<int>& to, std::string_view role, std::string_view content) const {
    append(to, tokenizer_.encode(std::string(role).append(": ").append(trimmed(content))));
    to.push_back(end_of_turn());
}

std::vector<int> ChatTemplate::opening(std::string_view system) const {
    std::vector<int> ids;
    if (tokenizer_.bos() >= 0) ids.push_back(tokenizer_.bos());
    if (!trimmed(system).empty()) add_message(ids, "System", system);
    return ids;
}

std::vector<int> ChatTemplate::turn(std::string_view user) const {
    std::vector<int> ids;
    add_message(ids, "User", user);
    append(ids, tokenizer_.encode("Assistant: "));
    return ids;
}

}  // namespace bitnet::cli
