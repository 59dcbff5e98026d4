#pragma once

#include <program/cli/command_line.hpp>

namespace bitnet::cli {

// One file a subcommand: each adds its name, options and help.
void add_chat(CLI::App& app);
void add_complete(CLI::App& app);
void add_serve(CLI::App& app);  // where the program is built with the server
void add_tokenize(CLI::App& app);
void add_logits(CLI::App& app);
void add_embed(CLI::App& app);
void add_perplexity(CLI::App& app);
void add_score(CLI::App& app);
void add_bench(CLI::App& app);
void add_report(CLI::App& app);
void add_inspect(CLI::App& app);
void add_convert(CLI::App& app);
void add_synth(CLI::App& app);
void add_ternarize(CLI::App& app);
void add_isa(CLI::App& app);

}  // namespace bitnet::cli
