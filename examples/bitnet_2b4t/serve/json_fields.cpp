#include "json_fields.hpp"

#include <cmath>

#include <program/io/file_error.hpp>
#include "api_error.hpp"

namespace bitnet::serve {

using program::joined;
namespace {

constexpr int most_levels = 100;

}  // namespace

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string short_text(const Json& json) {
    const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

Json read_body(std::string_view body) {
    const auto check_depth = [](int depth, Json::parse_event_t, const Json&) {
        if (depth > most_levels) throw ApiError(joined("expected JSON of at most ", most_levels, " levels"));
        return true;
    };
    try {
        Json json = Json::parse(body, check_depth);
        if (json.is_object()) return json;
    } catch (const nlohmann::json::exception&) {
        throw ApiError("expected a JSON object as the body, found something that is no JSON");
    }
    throw ApiError("expected a JSON object as the body, found other JSON");
}

const Json& JsonFields::operator[](const char* name) const {
    static const Json none;
    const auto found = object_.find(name);
    return found == object_.end() ? none : *found;
}

double JsonFields::number(const char* name, double least, double most, double otherwise) const {
    const Json& value = (*this)[name];
    if (value.is_null()) return otherwise;
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (number >= least && number <= most) return number;
    refuse(name, "a number from " + Json(least).dump() + " to " + Json(most).dump(), value);
}

std::int64_t JsonFields::integer(const char* name, std::int64_t least, std::int64_t most,
                                 std::int64_t otherwise) const {
    const Json& value = (*this)[name];
    if (value.is_null()) return otherwise;
    const bool fits =
        value.is_number_integer() &&
        (!value.is_number_unsigned() || value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
    if (fits && value.get<std::int64_t>() >= least && value.get<std::int64_t>() <= most)
        return value.get<std::int64_t>();
    refuse(name, joined("a whole number from ", least, " to ", most), value);
}

bool JsonFields::flag(const char* name, bool otherwise) const {
    const Json& value = (*this)[name];
    if (value.is_null()) return otherwise;
    if (value.is_boolean()) return value.get<bool>();
    refuse(name, "true or false", value);
}

std::string JsonFields::text(const char* name, const std::string& otherwise) const {
    const Json& value = (*this)[name];
    if (value.is_null()) return otherwise;
    if (value.is_string()) return value.get<std::string>();
    refuse(name, "a text", value);
}

void JsonFields::refuse(const std::string& name, const std::string& expected, const Json& found) {
    throw ApiError(
        joined("'", name, "': expected ", expected, ", found ", found.is_null() ? "nothing" : short_text(found)), name);
}

void JsonFields::refuse_unsupported(const std::string& name) {
    throw ApiError(joined("'", name, "' isn't supported by this server"), name, 400, "unsupported_parameter");
}

}  // namespace bitnet::serve
