#include <algorithm>
#include <bitnet/scoring.hpp>
#include <cctype>
#include <sstream>
#include <string>
#include <vector>

#include <program/cli/input.hpp>
#include <program/cli/measurement.hpp>
#include <program/cli/output.hpp>
#include <program/io/json_file.hpp>
#include "commands.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct ScoreOptions {
    ModelOptions model;
    std::string items;
    bool json = false;
};

/// A question with choices.
struct Item {
    std::string id;
    std::string where;  // file and line, for messages
    std::string context;
    std::vector<std::string> choices;
    std::size_t answer = 0;
};

std::string text_or(const Json& json, const char* key, const std::string& where) {
    return json.contains(key) ? json_text(json, key, where) : "";
}

std::vector<std::string> texts(const Json& list, const std::string& where) {
    if (!list.is_array()) throw FileError(where, "a list of choices", list.type_name());
    std::vector<std::string> found;
    for (const Json& text : list) {
        if (!text.is_string()) throw FileError(where, "texts as choices", text.type_name());
        found.push_back(trimmed(text.get<std::string>()));
    }
    return found;
}

/// A number, or a text that is one of a single digit.
std::size_t number(const Json& json, const char* key, const std::string& where) {
    const Json& found = json_member(json, key, where);
    if (found.is_number_unsigned()) return found.get<std::size_t>();
    const std::string text = json_text(json, key, where);
    if (text.size() == 1 && text[0] >= '0' && text[0] <= '9') return static_cast<std::size_t>(text[0] - '0');
    throw FileError(where, "a choice's number in " + in_quotes(key), in_quotes(text));
}

Item arc(const Json& json, const std::string& where) {
    const bool published = json["question"].is_object();
    const Json& question = published ? json["question"] : json;
    Item item;
    item.context = "Question: " + trimmed(json_text(question, published ? "stem" : "question", where)) + "\nAnswer:";
    const Json& choices = json_member(question, "choices", where);
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
    if (labels.size() != item.choices.size()) {
        throw FileError(where, joined("a label for each of ", item.choices.size(), " choices"), labels.size());
    }
    const auto answer = std::ranges::find(labels, json_text(json, "answerKey", where));
    item.answer = static_cast<std::size_t>(answer - labels.begin());
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
    std::string more = text_or(json, "ctx_b", where);
    std::ranges::transform(more, more.begin(), [](char c) { return std::tolower(static_cast<unsigned char>(c)); });
    if (!more.empty()) more[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(more[0])));
    const std::string context =
        json.contains("ctx_a") ? json_text(json, "ctx_a", where) + " " + more : text_or(json, "ctx", where);
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

/// From JSON lines, each in one of these forms; the prompts are those that evaluation harnesses use.
/// {"context": ..., "choices": [...], "answer": 0}
/// ARC, both as published and as on Hugging Face: {"question": ..., "choices": ..., "answerKey": "A"}; the context is
///     "Question: ...\nAnswer:"
/// HellaSwag: {"activity_label": ..., "ctx_a": ..., "ctx_b": ..., "endings": [...], "label": 0}; what stands in
///     brackets is left out
/// Throws FileError, which names the line.
std::vector<Item> read_items(const std::string& text, const std::string& file) {
    std::vector<Item> items;
    std::istringstream lines(text);
    std::size_t line_number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++line_number;
        if (trimmed(line).empty()) continue;
        const std::string where = joined(file, ", line ", line_number);
        const Json json = parse_json_object(line, where);
        Item item = read_item(json, where);
        item.where = where;
        item.id = id_of(json, line_number);
        if (item.answer >= item.choices.size()) {
            throw FileError(where, joined("an answer among ", item.choices.size(), " choices"), "another");
        }
        if (std::ranges::find(item.choices, "") != item.choices.end()) {
            throw FileError(where, "choices with a text", "an empty one");
        }
        items.push_back(std::move(item));
    }
    if (items.empty()) throw FileError(file, "questions with choices in JSON lines", "none");
    return items;
}

void score(const ScoreOptions& options) {
    const std::vector<Item> items = read_items(read_input(options.items), options.items);
    const Model model = load(options.model, Parts::weights_and_tokenizer);
    std::vector<Question> questions;  // all are checked before any is scored, because that may take hours
    for (const Item& item : items)
        questions.emplace_back(model, item.context, item.choices, item.where);
    Progress progress("scoring");
    Session session(model);
    std::vector<double> right, right_normalised;
    for (const Item& item : items) {
        progress.update(right.size(), items.size());
        const ChoiceScores scores = score_choices(session, questions[right.size()]);
        const std::size_t choice = scores.best(), choice_normalised = scores.best_normalised();
        right.push_back(choice == item.answer ? 1 : 0);
        right_normalised.push_back(choice_normalised == item.answer ? 1 : 0);
        if (!options.json) continue;
        write_json(Json{{"id", item.id},
                        {"answer", item.answer},
                        {"choice", choice},
                        {"choice_normalised", choice_normalised},
                        {"log_probabilities", scores.sums},
                        {"normalised", scores.normalised}});
    }
    const Mean plain = mean_of(right), normalised = mean_of(right_normalised);
    if (options.json) {
        return write_json(Json{{"items", items.size()},
                               {"accuracy", plain.value},
                               {"standard_error", plain.error},
                               {"accuracy_normalised", normalised.value},
                               {"standard_error_normalised", normalised.error}});
    }
    write_output(formatted("items                         %zu\n", items.size()));
    write_output(formatted("accuracy                      %.4f ± %.4f\n", plain.value, plain.error));
    write_output(formatted("accuracy, length-normalised   %.4f ± %.4f\n", normalised.value, normalised.error));
}

}  // namespace

void add_score(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "score", "Answer multiple-choice questions by the choices' probabilities",
                    "bitnet-2b4t score -m ggml-model-i2_s.gguf -f ARC-Easy-Test.jsonl", score);
    add_model_options(command, options.model);
    add_file(command, "-f,--file", options.items, "JSON lines, as ARC's, HellaSwag's, or {context, choices, answer}")
        ->required();
    command.add_flag("--json", options.json, "print a JSON object for each item, and one for the whole");
}

}  // namespace bitnet::cli
