#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "json_file.hpp"

namespace program {

/// A line of a file of JSON lines.
struct JsonLine {
    const Json& object;
    std::string where;  // file and line, for messages
    std::size_t number;
};

/// Calls `take` with each line of the text that isn't empty. Throws FileError for a line that is no JSON object, and
/// for a text without any. `file` is the text's name in messages.
void each_json_line(std::string_view text, const std::string& file, const std::function<void(const JsonLine&)>& take);

}  // namespace program
