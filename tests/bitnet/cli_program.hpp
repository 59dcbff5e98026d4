#pragma once

#include <string>
#include <vector>

namespace bitnet_tests {

/// What a run of bitnet-2b4t left behind. A signal n gives status 128 + n, as in a shell.
struct Outcome {
    int status;
    std::string out;
    std::string err;
};

/// Runs the program with these arguments and this standard input; `redirection` is shell syntax that comes last, such
/// as "> /dev/full" (then `out` is empty).
Outcome run(const std::vector<std::string>& arguments, const std::string& input = "",
            const std::string& redirection = "");

/// Another program, by its path.
Outcome run_program(const std::string& path, const std::vector<std::string>& arguments, const std::string& input = "",
                    const std::string& redirection = "");

/// Runs bitnet-2b4t, and checks that it fails with `status` and one line on standard error that contains each of
/// `parts`, and that nothing is on standard output.
void check_refused(const std::vector<std::string>& arguments, int status, const std::vector<std::string>& parts,
                   const std::string& input = "", const std::string& redirection = "");

/// Quoted for a shell.
std::string shell_quoted(const std::string& text);

extern const std::string chat_program;

}  // namespace bitnet_tests
