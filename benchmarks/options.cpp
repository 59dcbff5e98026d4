#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "threads.hpp"

namespace bench {

namespace {

constexpr const char* help = R"(Usage: ternion-bench [OPTION]...

Measures ternary multiplication, and in the same run the machine's limits on the same memory:

  limit/read/threads:T               plain reads of distinct memory; limit/read_cache/BYTES: of one packed matrix
  limit/int8_dot/threads:T           independent int8 dot products in registers
  gemv/PACKING/NxK/dram|cache/...    one token; dram: distinct copies of the weights, cache: the same one
  gemm/PACKING/MxNxK/dram|cache/...  M tokens (2 to 32); gemm/PACKING/MxNxK: 128 and 512, weights in cache
  pack|unpack/PACKING/NxK/...        from and to int8 trits; repack/FROM/TO/NxK: from and to I2S
  family/POLICY/PACKING/NxK          one token by each activation policy, weights in cache
  listed/rows|inputs/PACKING/NxK/... one token, a list of rows or of inputs, from DRAM, by share of zeros
  quantize/K, epilogue/TYPE/N        one token's activations before, one token's results after
  rival/LIBRARY/MxNxK[/dram]/...     other libraries' multiplication, where they were found; else weights in cache

Each gemv and gemm is checked for exactness before it is timed. Counters: macs_per_second; bytes_per_second of packed
bytes; bits_per_weight; share_of_limit (reads or dot products, whichever binds; the label says which).

  --shapes=LIST     N x K of the matrices, such as 4096x4096,1024x4096 (default: those of BitNet b1.58 2B4T)
  --threads=LIST    numbers of threads, such as 1,2,4 (default: 1 and one for each processor)
  --dram-mib=N      how much memory "dram" and limit/read walk through (default: 768; more than the last cache holds)
  --cpu-time        one thread, by its processor time instead of wall time: on a machine that does other work, too
  --smoke           every benchmark once, on toy shapes: proves that they run; the figures mean nothing
  --help            this text
  --benchmark_*     options of Google Benchmark, such as:
    --benchmark_filter=REGEX             only these, for instance '^(limit|gemv/interleaved2x16)/.*threads:1'
    --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true
    --benchmark_min_time=0.2             seconds for each (default: 0.5)
    --benchmark_out=FILE                 JSON, which draw-charts turns into charts
    --benchmark_list_tests               the names
)";

Options chosen;
const char* program_name = "";

[[noreturn]] void wrong(std::string_view argument, const char* expected) {
    std::fprintf(stderr, "%s: %.*s: expected %s\n", program_name, static_cast<int>(argument.size()), argument.data(),
                 expected);
    std::exit(2);
}

/// The whole number that `text` is, between 1 and 65536.
int number(std::string_view argument, std::string_view text, const char* expected = "a number from 1 to 65536") {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > 65536)
        wrong(argument, expected);
    return value;
}

/// f(each part of a list), parts separated by commas.
template <class F>
void each_of(std::string_view list, const F& f) {
    for (std::size_t comma = 0; comma != list.npos; list.remove_prefix(comma + 1)) {
        comma = list.find(',');
        f(list.substr(0, comma));
        if (comma == list.npos) break;
    }
}

std::vector<int> numbers(std::string_view argument, std::string_view text) {
    std::vector<int> values;
    each_of(text, [&](std::string_view one) { values.push_back(number(argument, one)); });
    return values;
}

std::vector<ternion::Shape> shapes_in(std::string_view argument, std::string_view text) {
    constexpr const char* expected = "N x K such as 4096x4096,1024x4096, each from 1 to 65536";
    std::vector<ternion::Shape> shapes;
    each_of(text, [&](std::string_view one) {
        const std::size_t by = one.find('x');
        if (by == one.npos) wrong(argument, expected);
        const ternion::Shape shape{static_cast<std::size_t>(number(argument, one.substr(0, by), expected)),
                                   static_cast<std::size_t>(number(argument, one.substr(by + 1), expected))};
        if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) shapes.push_back(shape);
    });
    return shapes;
}

std::vector<int> default_threads() {
    const int all = static_cast<int>(std::thread::hardware_concurrency());
    if (!threads_available || all <= 1) return {1};
    return {1, all};
}

/// Takes one argument; false where it is none of ours.
bool take(std::string_view argument) {
    const auto value = argument.substr(std::min(argument.size(), argument.find('=') + 1));
    if (argument == "--smoke") {
        chosen.smoke = true;
    } else if (argument == "--cpu-time") {
        chosen.cpu_time = true;
    } else if (argument.starts_with("--threads=")) {
        chosen.threads = numbers(argument, value);
    } else if (argument.starts_with("--shapes=")) {
        chosen.shapes = shapes_in(argument, value);
        chosen.shapes_chosen = true;
    } else if (argument.starts_with("--dram-mib=")) {
        chosen.dram_bytes = static_cast<std::size_t>(number(argument, value)) << 20;
    } else {
        return false;
    }
    return true;
}

/// The matrices of BitNet b1.58 2B4T: q and o, k and v, gate and up, down. The toy ones are ragged.
void choose_shapes() {
    const std::vector<ternion::Shape> full = {{2560, 2560}, {640, 2560}, {6912, 2560}, {2560, 6912}},
                                      toy = {{40, 40}, {10, 40}, {109, 40}, {40, 109}};
    if (!chosen.shapes_chosen) chosen.shapes = chosen.smoke ? toy : full;
    if (!chosen.smoke) return;
    chosen.dram_bytes = std::size_t{1} << 14;
}

}  // namespace

const Options& options() {
    return chosen;
}

std::vector<std::size_t> numbers_in(std::string_view argument, std::string_view text) {
    const std::vector<int> values = numbers(argument, text);
    return {values.begin(), values.end()};
}

void parse_options(std::vector<char*>& arguments, const char* program) {
    program_name = program;
    std::vector<char*> others;
    for (char* argument : arguments) {
        if (std::string_view(argument) == "--help" || std::string_view(argument) == "-h") {
            std::fputs(help, stdout);
            std::exit(0);
        }
        if (!take(argument)) others.push_back(argument);
    }
    if (chosen.threads.empty()) chosen.threads = chosen.cpu_time ? std::vector{1} : default_threads();
    if (chosen.cpu_time && chosen.threads != std::vector{1}) wrong("--cpu-time", "--threads=1 with it");
    choose_shapes();
    static char once[] = "--benchmark_min_time=0";
    if (chosen.smoke) others.insert(others.begin() + 1, once);
    arguments = others;
}

}  // namespace bench
