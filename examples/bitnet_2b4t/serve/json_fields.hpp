#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace bitnet::serve {

using Json = nlohmann::ordered_json;

/// On one line, with U+FFFD for bytes that are no UTF-8: a text of a file or of a model ends no answer.
std::string dumped(const Json& json);
/// The same for messages: in ASCII, and its beginning alone where it is long.
std::string short_text(const Json& json);

/// The whole number that a value is, also one written as 16.0; none where it is no such, or beyond 64 bits.
std::optional<std::int64_t> whole_number(const Json& value);

/// The object that a request's body is. Throws ApiError for what is none, and for one of more than 100 levels
/// or of an object with more than 1024 members.
Json read_body(std::string_view body);

/// Reads members of an object; one that is null is taken for missing. What has another type or lies out of range throws
/// ApiError, which names the member.
class JsonFields {
 public:
    explicit JsonFields(const Json& object) : object_(object) {}

    /// Null where there is none.
    const Json& operator[](const char* name) const;
    bool has(const char* name) const { return !(*this)[name].is_null(); }
    double number(const char* name, double least, double most, double otherwise) const;
    std::int64_t integer(const char* name, std::int64_t least, std::int64_t most, std::int64_t otherwise) const;
    bool flag(const char* name, bool otherwise) const;
    std::string text(const char* name, const std::string& otherwise) const;

    /// "'name': expected ..., found ..."
    [[noreturn]] static void refuse(const std::string& name, const std::string& expected, const Json& found);
    [[noreturn]] static void refuse_unsupported(const std::string& name);

 private:
    const Json& object_;
};

}  // namespace bitnet::serve
