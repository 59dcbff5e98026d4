#include "score_item.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <program/cli/input.hpp>
#include <program/io/file_error.hpp>
#include <program/io/json_file.hpp>
#include <program/io/utf8.hpp>

#include "score_objects.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

const ScoreTask* task_named(std::string_view name) {
    return std::ranges::find(score_tasks, name, &ScoreTask::name);
}

std::string text_or(const Json& json, const char* key, const std::string& where) {
    return json.contains(key) ? json_text(json, key, where) : "";
}

std::vector<std::string> texts(const Json& list, const std::string& where) {
    if (!list.is_array()) throw FileError(where, "a list of choices", list.type_name());
    std::vector<std::string> found;
    for (const Json& text : list) {
        if (!text.is_string()) throw FileError(where, "texts as choices", text.type_name());
        found.push_back(text.get<std::string>());
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

Item choices_item(const Json& json, const std::string& where) {
    Item item{.context = trimmed(json_text(json, "context", where)),
              .choices = texts(json_member(json, "choices", where), where),
              .answer = number(json, "answer", where)};
    std::ranges::transform(item.choices, item.choices.begin(), trimmed);
    return item;
}

// Of the benchmarks below, texts keep the white space that harnesses leave around them.

/// A question with labelled choices and the label of the answer, in the two forms of ARC, OpenbookQA and
/// CommonsenseQA: {"question": {"stem", "choices"}} and {"question" or "question_stem", "choices"}.
struct Labelled {
    std::string question;
    std::vector<std::string> choices, labels;
    std::size_t answer;
};

Labelled labelled(const Json& json, const std::string& where) {
    const bool published = json.contains("question") && json["question"].is_object();
    const Json& question = published ? json["question"] : json;
    const char* stem = published ? "stem" : json.contains("question_stem") ? "question_stem" : "question";
    Labelled found{json_text(question, stem, where), {}, {}, 0};
    const Json& choices = json_member(question, "choices", where);
    if (choices.is_object()) {
        found.choices = texts(json_member(choices, "text", where), where);
        found.labels = texts(json_member(choices, "label", where), where);
        std::ranges::transform(found.labels, found.labels.begin(), trimmed);
    } else {
        for (const Json& choice : choices) {
            if (!choice.is_object()) throw FileError(where, "choices with \"text\" and \"label\"", choice.type_name());
            found.choices.push_back(json_text(choice, "text", where));
            found.labels.push_back(json_text(choice, "label", where));
        }
    }
    if (found.labels.size() != found.choices.size())
        throw FileError(where, joined("a label for each of ", found.choices.size(), " choices"), found.labels.size());
    const auto answer = std::ranges::find(found.labels, trimmed(json_text(json, "answerKey", where)));
    found.answer = static_cast<std::size_t>(answer - found.labels.begin());
    return found;
}

Item arc(const Json& json, const std::string& where) {
    const Labelled found = labelled(json, where);
    return {.context = "Question: " + found.question + "\nAnswer:", .choices = found.choices, .answer = found.answer};
}

Item openbookqa(const Json& json, const std::string& where) {
    const Labelled found = labelled(json, where);
    return {.context = found.question, .choices = found.choices, .answer = found.answer};
}

/// The choices are part of the question, and what is scored are their letters.
Item lettered(const std::string& question, const std::vector<std::string>& choices, std::size_t answer) {
    Item item{.context = question, .choices = {}, .answer = answer};
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const std::string letter(1, static_cast<char>('A' + i));
        item.context += "\n" + letter + ". " + choices[i];
        item.choices.push_back(letter);
    }
    item.context += "\nAnswer:";
    return item;
}

Item commonsenseqa(const Json& json, const std::string& where) {
    const Labelled found = labelled(json, where);
    return lettered("Question: " + trimmed(found.question), found.choices, found.answer);
}

Item mmlu_item(const std::string& question, const std::vector<std::string>& choices, std::size_t answer,
               std::string subject) {
    Item item = lettered(trimmed(question), choices, answer);
    std::ranges::replace(subject, '_', ' ');
    item.group = subject;
    return item;
}

Item mmlu(const Json& json, const std::string& where) {
    return mmlu_item(json_text(json, "question", where), texts(json_member(json, "choices", where), where),
                     number(json, "answer", where), text_or(json, "subject", where));
}

/// WikiHow's titles become sentences, other things in brackets vanish, and of two spaces that are left one does, in a
/// single pass: a space may stay in front, and then counts.
std::string without_brackets(const std::string& untrimmed) {
    std::string text = trimmed(untrimmed), kept;
    for (std::size_t at; (at = text.find(" [title]")) != text.npos;)
        text.replace(at, 8, ". ");
    for (std::size_t at; (at = text.find('[')) != text.npos && text.find(']', at) != text.npos;)
        text.erase(at, text.find(']', at) + 1 - at);
    for (std::size_t at = 0; at < text.size(); ++at) {
        kept += text[at];
        if (text.compare(at, 2, "  ") == 0) ++at;
    }
    return kept;
}

Item hellaswag(const Json& json, const std::string& where) {
    std::string more = text_or(json, "ctx_b", where);
    std::ranges::transform(more, more.begin(),
                           [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    if (!more.empty()) more[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(more[0])));
    const std::string context =
        json.contains("ctx_a") ? json_text(json, "ctx_a", where) + " " + more : text_or(json, "ctx", where);
    const std::string activity = text_or(json, "activity_label", where);
    Item item{.context = without_brackets((activity.empty() ? "" : activity + ": ") + context), .choices = {}};
    for (const std::string& ending : texts(json_member(json, "endings", where), where))
        item.choices.push_back(without_brackets(ending));
    item.answer = number(json, "label", where);
    return item;
}

Item piqa(const Json& json, const std::string& where) {
    return {.context = "Question: " + json_text(json, "goal", where) + "\nAnswer:",
            .choices = {json_text(json, "sol1", where), json_text(json, "sol2", where)},
            .answer = number(json, "label", where)};
}

/// Each option stands in the sentence's gap, and what follows it is scored: the partial context.
Item winogrande(const Json& json, const std::string& where) {
    const std::string sentence = json_text(json, "sentence", where);
    const std::size_t gap = sentence.find('_');
    if (gap == sentence.npos) throw FileError(where, "a gap, _, in \"sentence\"", "none");
    const std::size_t answer = number(json, "answer", where);
    Item item{.context = {}, .choices = {}, .answer = answer - 1};  // 0, which is none, becomes too large
    for (const char* option : {"option1", "option2"}) {
        item.contexts.push_back(sentence.substr(0, gap) + json_text(json, option, where));
        item.choices.push_back(trimmed(sentence.substr(gap + 1)));
    }
    return item;
}

Item boolq(const Json& json, const std::string& where) {
    Item item{.context = json_text(json, "passage", where) + "\nQuestion: " + json_text(json, "question", where) +
                         "?\nAnswer:",
              .choices = {"no", "yes"}};
    const char* key = json.contains("label") ? "label" : "answer";
    const Json& answer = json_member(json, key, where);
    item.answer = answer.is_boolean() ? (answer.get<bool>() ? 1 : 0) : number(json, key, where);
    return item;
}

/// {"choices": [...], "labels": [0 or 1, ...]} or {choice: 0 or 1}.
Item truthfulqa(const Json& json, const char* key, const std::string& where) {
    Item item{.context = "Q: " + json_text(json, "question", where) + "\nA:", .choices = {}};
    const Json& targets = json_member(json, key, where);
    std::vector<Json> labels;
    if (!targets.is_object()) throw FileError(where, joined("an object in \"", key, "\""), targets.type_name());
    if (targets.contains("choices") && targets["choices"].is_array()) {
        item.choices = texts(targets["choices"], where);
        const Json& list = json_member(targets, "labels", where);
        labels.assign(list.begin(), list.end());
    } else {
        for (const auto& [choice, label] : targets.items()) {
            item.choices.push_back(choice);
            labels.push_back(label);
        }
    }
    for (const Json& label : labels)
        item.right.push_back(label.is_number() && label.get<double>() == 1);
    if (item.right.size() != item.choices.size())
        throw FileError(where, joined("a label for each of ", item.choices.size(), " choices"), item.right.size());
    const auto first = std::ranges::find(item.right, true);
    item.answer = static_cast<std::size_t>(first - item.right.begin());
    return item;
}

Item truthfulqa_mc1(const Json& json, const std::string& where) {
    return truthfulqa(json, "mc1_targets", where);
}

Item truthfulqa_mc2(const Json& json, const std::string& where) {
    return truthfulqa(json, "mc2_targets", where);
}

/// What members tell.
std::string task_of(const Json& json) {
    const auto has = [&](const char* key) { return json.contains(key); };
    if (has("endings")) return "hellaswag";
    if (has("goal")) return "piqa";
    if (has("sentence") && has("option1")) return "winogrande";
    if (has("passage")) return "boolq";
    if (has("mc1_targets") || has("mc2_targets")) return "truthfulqa";
    if (has("question_stem")) return "openbookqa";
    const bool published = has("question") && json["question"].is_object();
    if (has("question_concept") || (published && json["question"].contains("question_concept"))) return "commonsenseqa";
    if (has("question")) return has("answer") && has("choices") ? "mmlu" : "arc";
    return "choices";
}

/// ARC's two sets differ in their files' names alone, or in their folders'.
std::string arc_set_of(const std::filesystem::path& file) {
    for (std::string name : {file.filename().string(), file.parent_path().filename().string()}) {
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        for (const char* set : {"easy", "challenge"})
            if (name.find(set) != name.npos) return joined("arc-", set);
    }
    return "arc";
}

/// How a benchmark's questions are read, by its name.
struct Reader {
    std::string_view name;
    Item (*read)(const Json& json, const std::string& where);
};
constexpr Reader readers[] = {{"choices", choices_item},
                              {"arc", arc},
                              {"arc-easy", arc},
                              {"arc-challenge", arc},
                              {"openbookqa", openbookqa},
                              {"commonsenseqa", commonsenseqa},
                              {"mmlu", mmlu},
                              {"hellaswag", hellaswag},
                              {"piqa", piqa},
                              {"winogrande", winogrande},
                              {"boolq", boolq},
                              {"truthfulqa-mc1", truthfulqa_mc1},
                              {"truthfulqa-mc2", truthfulqa_mc2}};

/// What is asked without choices is another measurement.
void refuse_generative(const Json& json, const std::string& where) {
    const Json answer = json.value("answer", Json());
    const bool gsm8k = answer.is_string() && answer.get<std::string>().find("####") != std::string::npos;
    if (gsm8k || answer.is_object() || json.contains("Answer") || json.contains("answers"))
        throw FileError(where, "a question with choices", "one without, which --generate is for");
}

std::vector<Item> items_of(const Json& json, std::string task, const std::string& where, const std::string& file) {
    if (task.empty()) task = task_of(json);
    if (!json.contains("choices")) refuse_generative(json, where);
    if (task == "arc") task = arc_set_of(file);
    std::vector<Item> items;
    for (const auto& [name, read] : readers) {
        const bool both = task == "truthfulqa" && name.starts_with(task);
        if (name != task && !(both && json.contains(name.ends_with("mc1") ? "mc1_targets" : "mc2_targets"))) continue;
        items.push_back(read(json, where));
        items.back().task = task_named(name);
    }
    return items;
}

/// MMLU as published: question, four choices and the answer's letter; the file's name is the subject's.
std::vector<Item> read_mmlu_csv(const std::string& text, const std::string& file) {
    std::string subject = std::filesystem::path(file).stem().string();
    for (const std::string_view split : {"_test", "_dev", "_val"})
        if (subject.ends_with(split)) subject.resize(subject.size() - split.size());
    std::vector<Item> items;
    for (const std::vector<std::string>& fields : csv_records(text)) {
        const std::string where = joined(file, ", record ", items.size() + 1);
        if (fields.size() != 6) throw FileError(where, "a question, four choices and an answer", fields.size());
        const std::string letter = trimmed(fields[5]);
        if (letter.size() != 1 || letter[0] < 'A' || letter[0] > 'D')
            throw FileError(where, "an answer of A to D", in_quotes(letter));
        items.push_back(mmlu_item(fields[0], {fields.begin() + 1, fields.begin() + 5},
                                  static_cast<std::size_t>(letter[0] - 'A'), subject));
        items.back().task = task_named("mmlu");
        items.back().where = where;
        items.back().id = joined(items.size());
    }
    return items;
}

void check(const Item& item) {
    if (item.answer >= item.choices.size())
        throw FileError(item.where, joined("an answer among ", item.choices.size(), " choices"), "another");
    if (std::ranges::any_of(item.choices, [](const std::string& choice) { return trimmed(choice).empty(); }))
        throw FileError(item.where, "choices with a text", "an empty one");
}

}  // namespace

std::string Item::introduction() const {
    if (task != task_named("mmlu") || group.empty()) return {};
    return "The following are multiple choice questions (with answers) about " + group + ".\n\n";
}

std::vector<Item> read_items(const std::string& file, const std::string& task, const std::string& labels) {
    const std::string text = read_input(file);
    std::vector<Item> items;
    if (file.ends_with(".csv")) {
        items = read_mmlu_csv(text, file);
    } else {
        std::vector<ReadObject> objects = read_objects(text, file);
        if (!labels.empty()) add_labels(objects, labels);
        for (const auto& [json, where, number] : objects) {
            for (Item& item : items_of(json, task, where, file)) {
                item.where = where;
                item.id = id_of(json, number);
                items.push_back(std::move(item));
            }
        }
    }
    std::ranges::for_each(items, check);
    if (items.empty()) throw FileError(file, "questions with choices in JSON lines", "none");
    return items;
}

}  // namespace bitnet::cli
