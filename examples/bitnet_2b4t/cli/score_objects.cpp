#include "score_objects.hpp"

#include <program/cli/input.hpp>
#include <program/io/file_error.hpp>
#include <program/io/json_lines.hpp>
#include <sstream>

namespace bitnet::cli {

using namespace program;
namespace {

/// The fields of a line, and where the next begins.
std::vector<std::string> csv_fields(std::string_view text, std::size_t& at) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"' && quoted && at + 1 < text.size() && text[at + 1] == '"') {
            fields.back() += text[++at];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            fields.emplace_back();
        } else if (c == '\n' && !quoted) {
            ++at;
            break;
        } else if (c != '\r' || quoted) {
            fields.back() += c;
        }
    }
    return fields;
}

}  // namespace

std::vector<std::vector<std::string>> csv_records(std::string_view text) {
    std::vector<std::vector<std::string>> records;
    for (std::size_t at = 0; at < text.size();)
        records.push_back(csv_fields(text, at));
    return records;
}

/// Adds {"label": N} from a file of numbers.
void add_labels(std::vector<ReadObject>& objects, const std::string& file) {
    std::istringstream lines(read_input(file));
    std::vector<std::string> labels;
    for (std::string line; lines >> line;)
        labels.push_back(line);
    if (labels.size() != objects.size())
        throw FileError(file, joined(objects.size(), " labels, one for each question"), labels.size());
    for (std::size_t i = 0; i < objects.size(); ++i)
        objects[i].json["label"] = labels[i];
}

std::string id_of(const Json& json, std::size_t number) {
    for (const char* key : {"id", "ind", "qID", "idx", "QuestionId", "question_id"})
        if (json.contains(key)) return json[key].is_string() ? json[key].get<std::string>() : json[key].dump();
    return std::to_string(number);
}

std::vector<ReadObject> read_objects(const std::string& text, const std::string& file) {
    std::vector<ReadObject> objects;
    const Json whole = Json::accept(text) ? Json::parse(text) : Json();
    const bool data = whole.is_object() && whole.contains("Data") && whole["Data"].is_array();
    const Json& list = data ? whole["Data"] : whole;
    if (data || (list.is_array() && !list.empty() && list[0].is_object())) {
        for (const Json& json : list) {
            const std::string where = joined(file, ", item ", objects.size() + 1);
            if (!json.is_object()) throw FileError(where, "a JSON object", json.type_name());
            objects.push_back({json, where, objects.size() + 1});
        }
        return objects;
    }
    each_json_line(text, file,
                   [&](const JsonLine& line) { objects.push_back({line.object, line.where, line.number}); });
    return objects;
}

}  // namespace bitnet::cli
