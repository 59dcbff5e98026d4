// Ends the program in one line where it would end of SIGILL: on a CPU that lacks what the rest of it was compiled for.
// Compiled without flags for an instruction set, and run before every other initialiser, which those flags serve.

#include <unistd.h>
#include <cstdint>
#include <string_view>

#include <ternion/simd/cpu.hpp>
#include "cpu_check.hpp"

namespace bitnet::cli {
namespace {

constexpr std::string_view refusal =
    "this program was compiled for a CPU with instructions that this one lacks: build it on this "
    "machine, or anywhere with the preset portable\n";

// 101 is the first priority that is not the compiler's own.
[[gnu::constructor(101)]] void refuse_older_cpu() {
    if ((required_features & ~ternion::cpu_features()) == 0) return;
    [[maybe_unused]] const auto written = write(STDERR_FILENO, refusal.data(), refusal.size());
    _exit(2);
}

}  // namespace

}  // namespace bitnet::cli
