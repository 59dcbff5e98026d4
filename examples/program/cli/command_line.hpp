#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace program {

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

/// An option that is the name of a file, or names of several; an empty one, as scripts pass for a variable that isn't
/// set, is refused.
template <class Names>
CLI::Option* add_file(CLI::App& command, const char* option, Names& names, const char* help) {
    const auto check = [](const std::string& name) {
        return std::string(name.empty() ? "expected a file or folder, found an empty name" : "");
    };
    return command.add_option(option, names, help)->check(CLI::Validator(check, "", ""))->type_name("FILE");
}

/// A program of subcommands, each of which a function adds.
struct Program {
    const char* name;
    const char* help;
    const char* example;
    std::vector<void (*)(CLI::App&)> commands;
    /// Options as other programs spell them, with one dash and several letters, or as this one once did, and what they
    /// stand for here. Help doesn't show them.
    std::vector<std::pair<std::string, std::string>> spellings = {};
};

/// Reads the command line and runs what it asks for. Whatever goes wrong is said in one line on standard error, that
/// begins with the program's name. Returns the exit status: 0, also where whoever read standard output has gone; 1; or
/// 2 for a wrong command line. A signal that an Interrupt has noted ends the process.
int run_program(const Program& program, int argc, char** argv);

}  // namespace program
