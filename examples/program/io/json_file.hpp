#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace program {

using Json = nlohmann::json;

/// What a member that is named twice is: an error, or the last of both.
enum class Repeated { refused, last_counts };

/// Throws FileError, which says where, for what is no JSON, is no object at the top, has more than 100 levels, or,
/// unless told otherwise, names a member of the top object twice.
Json parse_json_object(std::string_view text, const std::string& file, Repeated repeated = Repeated::refused);

/// Members of an object. A missing one and one of another type throw FileError.
const Json& json_member(const Json& object, std::string_view key, const std::string& file);
std::uint64_t json_integer(const Json& object, std::string_view key, const std::string& file);
double json_real(const Json& object, std::string_view key, const std::string& file);
std::string json_text(const Json& object, std::string_view key, const std::string& file);

}  // namespace program
