#include "command_line.hpp"

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <sstream>
#include <ternion/core/version.hpp>

#include "../io/file_error.hpp"
#include "../io/mapped_file.hpp"
#include "cpu_check.hpp"
#include "interrupt.hpp"
#include "output.hpp"

namespace program {

constinit const ternion::CpuFeatures required_features = ternion::enabled_features;

namespace {

constexpr int failure = 1;
constexpr int wrong_usage = 2;

/// Exactly one line, whatever the message holds.
void complain(const Program& program, std::string message) {
    for (char& c : message) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    std::fprintf(stderr, "%s: %s\n", program.name, message.c_str());
}

std::string version_of(const Program& program) {
    const auto [major, minor, patch] = ternion::version;
    return joined(program.name, " ", major, ".", minor, ".", patch);
}

/// In lines as wide as the terminal, 80 columns at most and elsewhere: what doesn't fit stands in the next line, that
/// of an option under its description.
std::string wrapped(const std::string& help) {
    constexpr std::size_t descriptions = 30, narrowest = 45, widest = 80;
    const std::size_t width = std::clamp(columns(STDOUT_FILENO), narrowest, widest);
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

/// Help or version, which the command line asked for, go to standard output; what is wrong with it is said.
int answer(const Program& program, const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
        std::ostringstream text;
        app.exit(error, text);
        write_output(wrapped(text.str()));
        return 0;
    }
    const std::vector<std::string> words = app.remaining();
    const bool unknown = app.get_subcommands().empty() && !words.empty();
    complain(program,
             (unknown ? "expected a subcommand, found " + in_quotes(words[0]) : error.what()) + " (--help says more)");
    return wrong_usage;
}

int run(const Program& program, int argc, char** argv) {
    CLI::App app(program.help, program.name);
    app.require_subcommand(1);
    app.set_version_flag("--version", version_of(program));
    app.footer(std::string("Example: ") + program.example);
    for (const auto add : program.commands)
        add(app);
    std::vector<std::string> words;
    for (int i = argc - 1; i > 0; --i) {  // the parser takes them from the back
        const std::string word = argv[i], option = word.substr(0, word.find('='));
        const auto same = [&](const auto& spelling) { return spelling.first == option; };
        const auto found = std::ranges::find_if(program.spellings, same);
        words.push_back(found == program.spellings.end() ? word : found->second + word.substr(option.size()));
    }
    try {
        app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        return answer(program, app, error);
    }
    Interrupt::check();
    return 0;
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) {
    // A reader that went away is noticed by the write that fails.
    std::signal(SIGPIPE, SIG_IGN);
    end_on_truncation(program.name);
    try {
        return run(program, argc, argv);
    } catch (const ReaderGone&) {
        return 0;
    } catch (const Interrupted& error) {
        complain(program, error.what());
        Interrupt::end_process();
    } catch (const std::bad_alloc&) {
        complain(program, "out of memory");
    } catch (const std::exception& error) {
        complain(program, error.what());
    }
    return failure;
}

}  // namespace program
