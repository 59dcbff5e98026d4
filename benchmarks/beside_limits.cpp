#include "beside_limits.hpp"

#include <algorithm>
#include <utility>

#include "clock.hpp"
#include "limits.hpp"
#include "options.hpp"

namespace bench {

namespace {

constexpr double probe_seconds = 0.003;
constexpr double macs_between_probes = 1e9;  // some milliseconds

class Limits {
 public:
    explicit Limits(const Work& work) : work_(work) { measure(); }

    /// From DRAM, one pass over all copies: the work then finds none of them in a cache.
    void measure() {
        const double seconds = options().smoke ? 0 : probe_seconds;
        const auto& memory = work_.memory;
        if (memory.count > 0) reads_ += read_memory(memory, work_.threads, memory.count > 1 ? 0 : seconds);
        dots_ += multiply_registers(work_.threads, seconds);
    }

    [[nodiscard]] double bytes_per_second() const { return reads_.rate(); }
    [[nodiscard]] double macs_per_second() const { return dots_.rate(); }

    /// The least time that a turn can take.
    [[nodiscard]] double seconds() const { return std::max(seconds_of_reads(), work_.macs / macs_per_second()); }
    [[nodiscard]] bool reads_bind() const { return seconds() == seconds_of_reads(); }

 private:
    [[nodiscard]] double seconds_of_reads() const {
        return bytes_per_second() > 0 ? work_.bytes / bytes_per_second() : 0;
    }

    const Work& work_;
    Amount reads_;
    Amount dots_;
};

std::size_t turns_between_probes(const Work& work) {
    if (work.memory.count > 1) return work.memory.count;
    return static_cast<std::size_t>(std::max(1.0, macs_between_probes / work.macs));
}

void set_counters(benchmark::State& state, const Work& work, const Limits& limits, double seconds) {
    const auto turns = static_cast<double>(state.iterations());
    state.counters["macs_per_second"] = benchmark::Counter(turns * work.macs, benchmark::Counter::kIsRate);
    set_bytes_per_second(state, turns * work.bytes);
    state.counters["bits_per_weight"] = work.bits_per_weight;
    state.counters["share_of_limit"] = turns * limits.seconds() / seconds;
    state.counters["limit_macs_per_second"] = limits.macs_per_second();
    if (limits.bytes_per_second() > 0) state.counters["limit_bytes_per_second"] = limits.bytes_per_second();
    state.SetLabel(work.label + (limits.reads_bind() ? ", bound by reads" : ", bound by dot products"));
}

}  // namespace

void run_beside_limits(benchmark::State& state, const Work& work, const std::function<void(std::size_t copy)>& turn) {
    const std::size_t turns = turns_between_probes(work);
    const std::size_t copies = std::max<std::size_t>(work.memory.count, 1);
    Limits limits(work);
    double seconds = 0;
    std::size_t done = 0;
    double start = now();
    for (auto _ : state) {
        turn(done++ % copies);
        if (done < turns) continue;
        seconds += now() - start;
        state.PauseTiming();
        limits.measure();
        done = 0;
        state.ResumeTiming();
        start = now();
    }
    if (done != 0) {
        seconds += now() - start;
        limits.measure();
    }
    set_counters(state, work, limits, seconds);
}

void set_bytes_per_second(benchmark::State& state, double bytes) {
    state.counters["bytes_per_second"] = benchmark::Counter(bytes, benchmark::Counter::kIsRate);
}

void add_benchmark(const std::string& name, std::function<void(benchmark::State&)> run) {
    auto* benchmark = benchmark::RegisterBenchmark(name.c_str(), std::move(run));
    benchmark->Unit(benchmark::kMicrosecond);
    if (!options().cpu_time) benchmark->UseRealTime();
}

}  // namespace bench
