#include "json_file.hpp"

#include <set>

#include "file_error.hpp"

namespace program {
namespace {

constexpr int most_levels = 100;

[[noreturn]] void refuse(const std::string& file, const char* expected, std::string_view key, const Json& found) {
    const std::string type = found.type_name();
    throw FileError(file, std::string(expected) + " in " + in_quotes(key),
                    found.is_number() || found.is_string() ? type + " " + in_quotes(found.dump()) : type);
}

/// What the parser says, without its name for the error, and without the number of a line that is the only one.
std::string problem_of(const Json::exception& error, std::string_view text) {
    const std::string said = error.what(), general = "parse error ", only_line = "at line 1, ";
    std::string problem = said.substr(said.find("] ") + 2);
    if (!problem.starts_with(general)) return "no valid JSON: " + problem;
    problem.erase(0, general.size());
    if (problem.starts_with(only_line) && text.find('\n') == text.npos) problem.replace(0, only_line.size(), "at ");
    return "no valid JSON " + problem;
}

}  // namespace

Json parse_json_object(std::string_view text, const std::string& file, Repeated repeated) {
    std::set<std::string> keys;
    std::string twice;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
        // Printing a value takes stack for each level.
        if (depth > most_levels) throw FileError(file, "JSON of at most 100 levels", "more");
        if (depth == 1 && event == Json::parse_event_t::key && !keys.insert(parsed.get<std::string>()).second) {
            twice = parsed.get<std::string>();
        }
        return true;
    };
    Json object;
    try {
        object = Json::parse(text.begin(), text.end(), watch);
    } catch (const Json::exception& error) {
        throw FileError(file, problem_of(error, text));
    }
    if (!object.is_object()) throw FileError(file, "a JSON object", object.type_name());
    if (!twice.empty() && repeated == Repeated::refused)
        throw FileError(file, "each name once", in_quotes(twice) + " twice");
    return object;
}

const Json& json_member(const Json& object, std::string_view key, const std::string& file) {
    const auto found = object.find(key);
    if (found == object.end()) throw FileError(file, in_quotes(key), "no such key");
    return *found;
}

std::uint64_t json_integer(const Json& object, std::string_view key, const std::string& file) {
    const Json& member = json_member(object, key, file);
    if (!member.is_number_unsigned()) refuse(file, "an integer of at least 0", key, member);
    return member.get<std::uint64_t>();
}

double json_real(const Json& object, std::string_view key, const std::string& file) {
    const Json& member = json_member(object, key, file);
    if (!member.is_number()) refuse(file, "a number", key, member);
    return member.get<double>();
}

std::string json_text(const Json& object, std::string_view key, const std::string& file) {
    const Json& member = json_member(object, key, file);
    if (!member.is_string()) refuse(file, "text", key, member);
    return member.get<std::string>();
}

}  // namespace program
