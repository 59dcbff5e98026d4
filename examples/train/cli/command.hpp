#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace train::cli {

/// What the parsed command line asks for; set by the subcommand that was chosen, run after parsing.
using Action = std::function<void()>;

// One file a subcommand.
void add_run(CLI::App& app, Action& action);
void add_questions(CLI::App& app, Action& action);
void add_curve(CLI::App& app, Action& action);

}  // namespace train::cli
