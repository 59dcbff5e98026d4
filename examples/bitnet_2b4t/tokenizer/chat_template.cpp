#include <bitnet/chat_template.hpp>
#include <stdexcept>
#include <string>

#include <program/io/utf8.hpp>

namespace bitnet {

using namespace program;

ChatTemplate::ChatTemplate(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {
    if (tokenizer.end_of_turn() >= 0) return;
    throw std::runtime_error(
        "expected a tokenizer with an end-of-turn token (<|eot_id|>), found none: "
        "this model cannot chat, `complete` may do");
}

std::vector<int> ChatTemplate::message(std::string_view role, std::string_view content) const {
    std::vector<int> ids = tokenizer_->encode(std::string(role).append(": ").append(trimmed(content)));
    ids.push_back(end_of_turn());
    return ids;
}

std::vector<int> ChatTemplate::opening(std::string_view system) const {
    std::vector<int> ids;
    if (!trimmed(system).empty()) ids = message("System", system);
    if (tokenizer_->bos() >= 0) ids.insert(ids.begin(), tokenizer_->bos());
    return ids;
}

std::vector<int> ChatTemplate::turn(std::string_view user) const {
    std::vector<int> ids = message("User", user);
    const std::vector<int> answer = tokenizer_->encode("Assistant: ");
    ids.insert(ids.end(), answer.begin(), answer.end());
    return ids;
}

}  // namespace bitnet
