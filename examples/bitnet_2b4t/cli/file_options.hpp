#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace bitnet::cli {

/// Refuses an empty name wherever a subcommand takes a file or folder, by what the help calls its value: scripts pass
/// one for a variable that isn't set.
inline void refuse_empty_names(CLI::App& app) {
    const CLI::Validator named(
        [](const std::string& name) {
            return std::string(name.empty() ? "expected a file or folder, found an empty name" : "");
        },
        "", "");
    for (CLI::Option* option : app.get_options()) {
        const std::string type = option->get_type_name();
        if (type == "FILE" || type == "FOLDER" || type == "LOG") option->check(named);
    }
    for (CLI::App* command : app.get_subcommands({}))
        refuse_empty_names(*command);
}

}  // namespace bitnet::cli
