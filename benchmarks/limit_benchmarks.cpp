// The limits by themselves: limit/read, limit/read_cache and limit/int8_dot.

#include <benchmark/benchmark.h>

#include <set>
#include <string>

#include "benchmarks.hpp"
#include "beside_limits.hpp"
#include "limits.hpp"
#include "options.hpp"
#include "packings.hpp"

namespace bench {

namespace {

/// Seconds that one iteration takes where it has no natural length.
double stretch() {
    return options().smoke ? 0 : 0.001;
}

void add_read(const std::string& name, std::size_t bytes, int threads, double seconds) {
    add_benchmark(name + "/threads:" + std::to_string(threads), [=](benchmark::State& state) {
        const Copies memory{all_memory().data, bytes, 1};
        Amount all;
        for (auto _ : state)
            all += read_memory(memory, threads, seconds);
        set_bytes_per_second(state, all.done);
    });
}

void add_dot(int threads) {
    add_benchmark("limit/int8_dot/threads:" + std::to_string(threads), [=](benchmark::State& state) {
        Amount all;
        for (auto _ : state)
            all += multiply_registers(threads, stretch());
        state.counters["macs_per_second"] = benchmark::Counter(all.done, benchmark::Counter::kIsRate);
        state.SetLabel(std::string(ternion::backend_of<ternion::default_arch>::name));
    });
}

/// The sizes in memory of all packed matrices.
std::set<std::size_t> footprints() {
    std::set<std::size_t> sizes;
    for (const auto& packing : benched_packings()) {
        for (const auto shape : options().shapes)
            sizes.insert(packing.bytes(shape));
    }
    return sizes;
}

}  // namespace

void register_limits() {
    for (const int threads : options().threads) {
        add_read("limit/read", options().dram_bytes, threads, 0);
        for (const std::size_t bytes : footprints())
            add_read("limit/read_cache/" + std::to_string(bytes), bytes, threads, stretch());
        add_dot(threads);
    }
}

}  // namespace bench
