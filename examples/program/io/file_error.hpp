#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace bitnet {

/// What is wrong with a file, in one line that names it. The second form says "FILE: expected X, found Y". Text that
/// came out of the file is shortened and escaped, so that a hostile one can neither break the line nor the terminal.
class FileError : public std::runtime_error {
 public:
    FileError(std::string_view file, std::string_view problem);
    FileError(std::string_view file, std::string_view expected, std::string_view found);
};

/// Text from a file in quotes: control characters and broken UTF-8 as \xNN, cut after 60 bytes.
std::string in_quotes(std::string_view text);

}  // namespace bitnet
