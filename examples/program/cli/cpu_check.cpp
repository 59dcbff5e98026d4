// Ends the program in one line where it would end of SIGILL: on a CPU that lacks what the rest of it was compiled for.
// Compiled without flags for an instruction set, and run before every other initialiser, which those flags serve.

#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include <ternion/core/cpu.hpp>
#include "cpu_check.hpp"

namespace program {
namespace {

// 101 is the first priority that is not the compiler's own.
[[gnu::constructor(101)]] void refuse_older_cpu() {
    if ((required_features & ~ternion::cpu_features()) == 0) return;
    for (const std::string_view part :
         {std::string_view(program_invocation_short_name),
          std::string_view(": this program was compiled for a CPU with instructions that this one lacks: build it on "
                           "this machine, or anywhere with the preset portable\n")}) {
        if (write(STDERR_FILENO, part.data(), part.size()) < 0) break;
    }
    _exit(2);
}

}  // namespace

}  // namespace program
