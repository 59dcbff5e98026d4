#include "score_items.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "../files/file_error.hpp"
#include "../files/json_file.hpp"
#include "chat_template.hpp"

namespace bitnet::cli {

namespace {

constexpr std::string_view spaces = " \t\r\n";

std::string text_or(const Json& json, const char* key, const std::string& where) {
    return json.contains(key) ? json_text(json, key, where) : "";
}

std::vector<std::string> texts(const Json& list, const std::string& where) {
    std::vector<std::string> found;
    for (const Json& text : list) {
        if (!text.is_string()) throw FileError(where, "texts as choices", text.type_name());
        found.push_back(trimmed(text.get<std::string>()));
    }
    return found;
}

/// A number, or a text that is one.
std::size_t number(const Json& json, const char* key, const std::string& where) {
    const Json& found = json_member(json, key, where);
    if (found.is_number_unsigned()) return found.get<std::size_t>();
    const std::string text = json_text(json, key, where);
    if (text.size() == 1 && std::isdigit(static_cast<unsigned char>(text[0])))
        return static_cast<std::size_t>(text[0] - '0');
    throw FileError(where, "a choice's number in " + in_quotes(key), in_quotes(text));
}

Item arc(const Json& json, const std::string& where) {
    Item item;
    const Json& question = json["question"];
    const bool published = question.is_object();
    item.context =
        "Question: " + trimmed(published ? json_text(question, "stem", where) : json_text(json, "question", where)) +
        "\nAnswer:";
    const Json& choices = json_member(published ? question : json, "choices", where);
    std::vector<std::string> labels;
    if (choices.is_object()) {
        item.choices = texts(json_member(choices, "text", where), where);
        labels = texts(json_member(choices, "label", where), where);
    } else {
        for (const Json& choice : choices) {
            if (!choice.is_object()) throw FileError(where, "choices with \"text\" and \"label\"", choice.type_name());
            item.choices.push_back(trimmed(json_text(choice, "text", where)));
            labels.push_back(json_text(choice, "label", where));
        }
    }
    const std::string key = json_text(json, "answerKey", where);
    item.answer = static_cast<std::size_t>(std::ranges::find(labels, key) - labels.begin());
    return item;
}

/// WikiHow's titles become sentences, and other things in brackets vanish.
std::string without_brackets(std::string text) {
    for (std::size_t at; (at = text.find(" [title]")) != text.npos;)
        text.replace(at, 8, ". ");
    for (std::size_t at; (at = text.find('[')) != text.npos && text.find(']', at) != text.npos;)
        text.erase(at, text.find(']', at) + 1 - at);
    for (std::size_t at; (at = text.find("  ")) != text.npos;)
        text.erase(at, 1);
    return trimmed(text);
}

Item hellaswag(const Json& json, const std::string& where) {
    Item item;
    std::string context = text_or(json, "ctx", where);
    if (json.contains("ctx_a")) {
        std::string more = text_or(json, "ctx_b", where);
        std::ranges::transform(more, more.begin(), [](char c) { return std::tolower(static_cast<unsigned char>(c)); });
        if (!more.empty()) more[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(more[0])));
        context = json_text(json, "ctx_a", where) + " " + more;
    }
    const std::string activity = text_or(json, "activity_label", where);
    item.context = without_brackets((activity.empty() ? "" : activity + ": ") + context);
    for (const std::string& ending : texts(json["endings"], where))
        item.choices.push_back(without_brackets(ending));
    item.answer = number(json, "label", where);
    return item;
}

Item read_item(const Json& json, const std::string& where) {
    if (json.contains("endings")) return hellaswag(json, where);
    if (json.contains("question")) return arc(json, where);
    Item item;
    item.context = trimmed(json_text(json, "context", where));
    item.choices = texts(json_member(json, "choices", where), where);
    item.answer = number(json, "answer", where);
    return item;
}

/// "id", "ind" or the line.
std::string id_of(const Json& json, std::size_t line) {
    for (const char* key : {"id", "ind"}) {
        if (json.contains(key)) return json[key].is_string() ? json[key].get<std::string>() : json[key].dump();
    }
    return std::to_string(line);
}

}  // namespace

std::vector<Item> read_items(std::string_view text, const std::string& file) {
    std::vector<Item> items;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view one = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (one.find_first_not_of(spaces) == one.npos) continue;
        const std::string where = file + ", line " + std::to_string(line);
        const Json json = parse_json_object(one, where);
        Item item = read_item(json, where);
        item.where = where;
        item.id = id_of(json, line);
        if (item.answer >= item.choices.size()) {
            throw FileError(where, "an answer among " + std::to_string(item.choices.size()) + " choices", "another");
        }
        if (std::ranges::find(item.choices, "") != item.choices.end()) {
            throw FileError(where, "choices with a text", "an empty one");
        }
        items.push_back(std::move(item));
    }
    if (items.empty()) throw FileError(file, "questions with choices in JSON lines", "none");
    return items;
}

}  // namespace bitnet::cli
