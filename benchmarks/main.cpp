#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include "benchmarks.hpp"
#include "options.hpp"
#include "packings.hpp"

namespace {

/// What stands behind the first line of a file that begins with `key`, or the first line itself.
std::string line_of(const char* path, const std::string& key) {
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line) && line.compare(0, key.size(), key) != 0) {
    }
    const auto value = line.find(": ");
    return key.empty() || value == line.npos ? line : line.substr(value + 2);
}

/// What a reader of the results must know of the machine.
void add_context() {
    benchmark::AddCustomContext("cpu", line_of("/proc/cpuinfo", "model name"));
#if defined(__VERSION__)
    benchmark::AddCustomContext("compiler", __VERSION__);
#endif
    benchmark::AddCustomContext("backend", std::string(ternion::backend_of<ternion::default_arch>::name));
    benchmark::AddCustomContext("transparent_hugepage", line_of("/sys/kernel/mm/transparent_hugepage/enabled", ""));
    if (bench::options().smoke) benchmark::AddCustomContext("smoke", "toy shapes: the figures mean nothing");
}

void register_all() {
    bench::register_limits();
    bench::register_multiplications();
    bench::register_conversions();
    bench::register_token_work();
    bench::register_family();
    bench::register_listed();
    bench::register_rivals();
}

}  // namespace

int main(int argc, char** argv) try {
    std::vector<char*> arguments(argv, argv + argc);
    bench::parse_options(arguments);
    argc = static_cast<int>(arguments.size());
    benchmark::Initialize(&argc, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(argc, arguments.data())) return 2;
    add_context();
    register_all();
    if (benchmark::RunSpecifiedBenchmarks() == 0) return 1;
    benchmark::Shutdown();
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "ternion-bench: %s\n", error.what());
    return 1;
}
