#include "cli_program.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>

#include "files_fixture.hpp"

namespace bitnet_tests {

const std::string chat_program = PROGRAMS_DIR "/bitnet-2b4t";

std::string shell_quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

Outcome run(const std::vector<std::string>& arguments, const std::string& input, const std::string& redirection) {
    return run_program(chat_program, arguments, input, redirection);
}

Outcome run_program(const std::string& path, const std::vector<std::string>& arguments, const std::string& input,
                    const std::string& redirection) {
    const TemporaryFolder folder;
    write_text(folder / "in", input);
    write_text(folder / "out", "");
    std::string command = shell_quoted(path);
    for (const std::string& argument : arguments)
        command += " " + shell_quoted(argument);
    command += " < " + shell_quoted(folder / "in") + " > " + shell_quoted(folder / "out") + " 2> " +
               shell_quoted(folder / "err") + " " + redirection;
    const int status = std::system(command.c_str());
    REQUIRE(WIFEXITED(status));
    return {WEXITSTATUS(status), read_text(folder / "out"), read_text(folder / "err")};
}

void check_refused(const std::vector<std::string>& arguments, int status, const std::vector<std::string>& parts,
                   const std::string& input, const std::string& redirection) {
    const Outcome outcome = run(arguments, input, redirection);
    std::string all;
    for (const std::string& argument : arguments)
        all += argument.substr(0, 100) + " ";
    INFO(all << "\nstandard error: " << outcome.err);
    CHECK(outcome.status == status);
    CHECK(outcome.out.empty());
    CHECK(std::ranges::count(outcome.err, '\n') == 1);
    CHECK(outcome.err.ends_with('\n'));
    CHECK(outcome.err.starts_with("bitnet-2b4t: "));
    for (const std::string& part : parts)
        CHECK(outcome.err.find(part) != std::string::npos);
}

}  // namespace bitnet_tests
