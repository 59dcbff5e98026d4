#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace bitnet::cli {

/// --version, with the program's name.
void add_version(CLI::App& app);

/// Help or version, which the command line asked for, go to standard output in lines of 80 columns, and the result is
/// empty. Where it is wrong, the result says so, in one line.
std::string answer_or_complaint(const CLI::App& app, const CLI::ParseError& error);

}  // namespace bitnet::cli
