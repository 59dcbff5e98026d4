#pragma once

#include <functional>
#include <program/io/json_file.hpp>
#include <string>

namespace train {

/// A line of a file of JSON lines.
struct JsonLine {
    const program::Json& object;
    std::string where;  // file and line, for messages
    std::size_t number;
};

/// Calls `take` with each line that isn't empty. Throws program::FileError for a line that is no JSON object, and for a
/// file without any.
void each_json_line(const std::string& path, const std::function<void(const JsonLine&)>& take);

}  // namespace train
