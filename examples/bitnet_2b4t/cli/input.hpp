#pragma once

#include <string>

namespace bitnet::cli {

/// All bytes of a file, which may be a pipe, or of standard input where `path` is "-". Throws FileError.
std::string read_input(const std::string& path);

}  // namespace bitnet::cli
