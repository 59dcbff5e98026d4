#include "usage.hpp"

#include <sstream>
#include <ternion/core/version.hpp>
#include <vector>

#include "../files/file_error.hpp"
#include "output.hpp"

namespace bitnet::cli {

namespace {

/// What doesn't fit stands in the next line, that of an option under its description.
std::string wrapped(const std::string& help) {
    constexpr std::size_t width = 80, descriptions = 30;
    std::istringstream lines(help);
    std::string out;
    for (std::string line; std::getline(lines, line);) {
        const std::string indent(line.starts_with(' ') ? descriptions : 0, ' ');
        while (line.size() > width) {
            const std::size_t space = line.rfind(' ', width);
            if (space == line.npos || space < indent.size()) break;
            out += line.substr(0, space) + "\n";
            line = indent + line.substr(space + 1);
        }
        out += line + "\n";
    }
    return out;
}

}  // namespace

void add_version(CLI::App& app) {
    const auto [major, minor, patch] = ternion::version;
    app.set_version_flag("--version", app.get_name() + " " + std::to_string(major) + "." + std::to_string(minor) + "." +
                                          std::to_string(patch));
}

std::string answer_or_complaint(const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
        std::ostringstream text;
        app.exit(error, text);
        write_output(wrapped(text.str()));
        return {};
    }
    const std::vector<std::string> words = app.remaining();
    const bool unknown = app.get_subcommands().empty() && !words.empty();
    return (unknown ? "expected a subcommand, found " + in_quotes(words[0]) : error.what()) + " (--help says more)";
}

}  // namespace bitnet::cli
