#pragma once

#include <string>

namespace program {

/// All bytes of a file, which may be a pipe, or of standard input where `path` is "-"; at most 64 MiB. Throws
/// FileError.
std::string read_input(const std::string& path);

/// The next line of standard input, without its line feed; a last line without one counts. False where there is none.
/// At most 64 MiB. Throws FileError.
bool next_line(std::string& line);

bool input_is_terminal();

}  // namespace program
