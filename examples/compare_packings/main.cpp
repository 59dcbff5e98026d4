// compare-packings: all packings of the library on this machine, in one table.

#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <ternion/ternion.hpp>
#include <vector>

#include "measure.hpp"
#include "options.hpp"
#include "report.hpp"

namespace {

constexpr const char* help = R"(Usage: compare-packings [OPTION]...

Measures every packing of the library and prints a table: bits a weight, the ternary weights of BitNet b1.58 2B4T in
megabytes, GMAC/s and the share of the machine's limit, which is measured in between, for one token with weights from
DRAM (6912 x 2560) and in cache (2560 x 2560) and for 16 and 128 tokens; the speed of packing, unpacking, and repacking
from and to I2_S on one thread; and whether ragged products are exact. Medians of 7. Other libraries, where they were
found when this was built (docs/benchmarking.md), follow in rows of their own. Writes NAME.csv and NAME.svg.

  --shapes=LIST   N x K, such as 4096x4096,1024x4096, each with each of --tokens instead of the four above
  --tokens=LIST   numbers of tokens (default: 1,16,128, with --shapes alone), fewer than 16 with weights from DRAM
  --output=NAME   where to write (default: packings)
  --threads=N     threads of the multiplications (default: 1)
  --dram-mib=N    how much memory the weights from DRAM fill (default: 768; more than the last cache holds)
  --cpu-time      by the processor time of one thread: on a machine that does other work, too
  --smoke         toy shapes, once: proves that it runs; the figures mean nothing
  --help          this text
)";

void write(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    file.close();
    if (!file) throw std::runtime_error(path + ": can't be written");
}

std::string machine(int threads) {
    std::string cpu = "unknown processor";
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("model name")) {
            cpu = line.substr(line.find(": ") + 2);
            break;
        }
    }
    return cpu + ", " + std::string(ternion::backend_of<ternion::default_arch>::name) + ", " + std::to_string(threads) +
           (threads == 1 ? " thread" : " threads") +
           ". The limit is what the same threads read from the same memory, or multiply at most.";
}

/// The four that the help names, unless shapes or tokens (an argument, or empty) are chosen.
std::vector<compare::Regime> regimes_of(const std::string& tokens) {
    if (!bench::options().shapes_chosen && tokens.empty()) return compare::usual_regimes();
    const std::vector<std::size_t> counts =
        tokens.empty() ? std::vector<std::size_t>{1, 16, 128}
                       : bench::numbers_in(tokens, std::string_view(tokens).substr(std::strlen("--tokens=")));
    return compare::regimes_of(bench::options().shapes, counts);
}

int run(const std::string& output, const std::vector<compare::Regime>& regimes) {
    const int threads = bench::options().threads.front();
    std::vector<compare::Comparison> packings;
    std::fputs(compare::table_head(regimes).c_str(), stdout);
    bool exact = true;
    for (const auto& packing : bench::benched_packings()) {
        packings.push_back(compare::measure(packing, regimes, threads));
        exact = exact && packings.back().exact;
        std::fputs(compare::table_line(packings.back()).c_str(), stdout);
        std::fflush(stdout);
    }
    const std::size_t count = packings.size();
    for (const auto& library : bench::rivals()) {
        packings.push_back(compare::measure(library, regimes, threads));
        std::fputs(compare::table_line(packings.back()).c_str(), stdout);
        std::fflush(stdout);
    }
    write(output + ".csv", compare::csv(packings, regimes));
    write(output + ".svg", compare::chart(packings, regimes, machine(threads)));
    std::printf("%zu packings, %s; %zu rivals; written to %s.csv and %s.svg\n", count,
                exact ? "all exact" : "NOT ALL EXACT", packings.size() - count, output.c_str(), output.c_str());
    return exact ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
    std::string output = "packings";
    std::string tokens;
    std::vector<char*> others;
    bool threads_chosen = false;
    for (int i = 0; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--help" || argument == "-h") return std::fputs(help, stdout) < 0 ? 1 : 0;
        threads_chosen = threads_chosen || argument.starts_with("--threads=");
        if (argument.starts_with("--output=")) {
            output = argument.substr(std::strlen("--output="));
        } else if (argument.starts_with("--tokens=")) {
            tokens = argument;
        } else {
            others.push_back(argv[i]);
        }
    }
    char one_thread[] = "--threads=1";
    if (!threads_chosen) others.push_back(one_thread);
    bench::parse_options(others, "compare-packings");
    for (std::size_t i = 1; i < others.size(); ++i) {
        if (std::strncmp(others[i], "--benchmark_", 12) == 0) continue;  // parse_options' own, for Google Benchmark
        std::fprintf(stderr, "compare-packings: unknown option %s (--help says more)\n", others[i]);
        return 2;
    }
    return run(output, regimes_of(tokens));
} catch (const std::exception& error) {
    std::fprintf(stderr, "compare-packings: %s\n", error.what());
    return 1;
}
