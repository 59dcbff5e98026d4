#pragma once

#include <cstddef>
#include <string_view>
#include <ternion/core/shape.hpp>
#include <vector>

namespace bench {

/// What the command line chose, beside what Google Benchmark understands itself.
struct Options {
    bool smoke = false;     // every benchmark once, on toy shapes: proves that all of them run
    bool cpu_time = false;  // one thread, by its processor time: for a machine that is busy
    std::size_t dram_bytes = std::size_t{768} << 20;  // "dram" means distinct copies of at least so many bytes in total
    std::vector<int> threads;                         // numbers of threads to measure
    bool shapes_chosen = false;                       // by --shapes; else they are 2B4T's
    std::vector<ternion::Shape> shapes;               // N x K
    std::vector<std::size_t> few_tokens{2, 4, 8, 16, 32};  // M, from DRAM and in cache
    std::vector<std::size_t> many_tokens{128, 512};        // M, where the weights stay in cache by themselves
};

/// The options of this run; constant once `parse_options` is done.
const Options& options();

/// The whole numbers from 1 to 65536 that `text` lists, separated by commas; for anything else one line on stderr,
/// which names `argument`, and exit 2.
std::vector<std::size_t> numbers_in(std::string_view argument, std::string_view text);

/// Takes the program's own options out of the command line and adds defaults for Google Benchmark's. Prints the help
/// and exits for --help; one line on stderr, which begins with `program`, and exit 2 for a wrong value.
void parse_options(std::vector<char*>& arguments, const char* program = "ternion-bench");

}  // namespace bench
