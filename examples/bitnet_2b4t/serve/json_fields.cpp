#include "json_fields.hpp"

#include <cmath>
#include <vector>

#include <program/io/file_error.hpp>
#include "api_error.hpp"

namespace bitnet::serve {

using program::joined;
namespace {

constexpr std::size_t most_levels = 100;
constexpr std::size_t most_members = 1024;  // each is compared with all before it

/// Looks at a text before it is read: reading takes time and stack that grow faster than what this refuses.
class JsonShape : public nlohmann::json_sax<Json> {
 public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return begin(); }
    bool start_array(std::size_t) override { return begin(); }
    bool end_object() override { return end(); }
    bool end_array() override { return end(); }
    bool key(string_t&) override {
        if (++members_.back() > most_members)
            throw ApiError(joined("expected objects of at most ", most_members, " members"));
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
    bool begin() {
        if (members_.size() == most_levels) throw ApiError(joined("expected JSON of at most ", most_levels, " levels"));
        members_.push_back(0);
        return true;
    }
    bool end() {
        members_.pop_back();
        return true;
    }

    std::vector<std::size_t> members_;  // of the objects around what is read
};

}  // namespace

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string short_text(const Json& json) {
    const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

std::optional<std::int64_t> whole_number(const Json& value) {
    constexpr double exact = 9007199254740992;  // 2^53: beyond it a double may stand for a neighbour
    if (value.is_number_float()) {
        const auto number = value.get<double>();
        if (std::abs(number) > exact || number != std::trunc(number)) return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        return std::nullopt;
    return value.is_number_integer() ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

Json read_body(std::string_view body) {
    JsonShape shape;
    if (!Json::sax_parse(body, &shape))
        throw ApiError("expected a JSON object as the body, found something that is no JSON");
    Json json = Json::parse(body);
    if (!json.is_object()) throw ApiError("expected a JSON object as the body, found other JSON");
    return json;
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
    const std::optional<std::int64_t> number = whole_number(value);
    if (number && *number >= least && *number <= most) return *number;
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
