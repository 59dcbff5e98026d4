#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

namespace bitnet::cli {

/// Adds a subcommand, whose options are then to be added. `run` is called with their values where it is chosen, when
/// all of the command line has been read.
template <class Options>
std::pair<CLI::App&, Options&> add_command(CLI::App& app, const char* name, const char* help, const char* example,
                                           void (*run)(const Options&)) {
    CLI::App& command = *app.add_subcommand(name, help);
    const auto options = std::make_shared<Options>();
    command.footer(std::string("Example: ") + example);
    command.callback([options, run] { run(*options); });
    return {command, *options};
}

// One file a subcommand: each adds its name, options and help.
void add_chat(CLI::App& app);
void add_complete(CLI::App& app);
void add_tokenize(CLI::App& app);
void add_logits(CLI::App& app);
void add_perplexity(CLI::App& app);
void add_score(CLI::App& app);
void add_bench(CLI::App& app);
void add_inspect(CLI::App& app);
void add_convert(CLI::App& app);
void add_synth(CLI::App& app);
void add_ternarize(CLI::App& app);
void add_arch(CLI::App& app);

}  // namespace bitnet::cli
