#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace bitnet::cli {

/// What the parsed command line asks for; set by the subcommand that was chosen, run after parsing.
using Action = std::function<void()>;

// One file a subcommand: each adds its name, options and help, and sets `action` where it was chosen.
void add_chat(CLI::App& app, Action& action);
void add_complete(CLI::App& app, Action& action);
void add_tokenize(CLI::App& app, Action& action);
void add_logits(CLI::App& app, Action& action);
void add_perplexity(CLI::App& app, Action& action);
void add_score(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_convert(CLI::App& app, Action& action);
void add_synth(CLI::App& app, Action& action);
void add_ternarize(CLI::App& app, Action& action);
void add_arch(CLI::App& app, Action& action);

}  // namespace bitnet::cli
