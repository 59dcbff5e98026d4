#pragma once

#include <program/cli/command_line.hpp>

namespace train::cli {

// One file for all that train, and one for each other subcommand.
void add_run(CLI::App& app);
void add_sft(CLI::App& app);
void add_dpo(CLI::App& app);
void add_questions(CLI::App& app);
void add_curve(CLI::App& app);

}  // namespace train::cli
