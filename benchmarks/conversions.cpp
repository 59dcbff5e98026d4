// pack, unpack and repack of every packing, in packed bytes a second. repack goes from I2S, which model files hold, and
// back.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "benchmarks.hpp"
#include "beside_limits.hpp"
#include "exactness.hpp"
#include "matrices.hpp"
#include "options.hpp"
#include "packings.hpp"

namespace bench {

namespace {

using State = benchmark::State;

ternion::Shape shape() {
    return options().shapes.back();
}

void set_bytes(State& state, const BenchedPacking& packing) {
    set_bytes_per_second(state, static_cast<double>(packing.bytes(shape())) * static_cast<double>(state.iterations()));
    state.counters["bits_per_weight"] = packing.bits_per_weight;
}

void check_trits(const std::string& name, const BenchedPacking& packing, PackedBytes bytes) {
    std::vector<std::int8_t> trits(shape().size(), 2);
    packing.unpack(shape(), bytes.data(), trits);
    if (trits != trits_of(shape())) fail(name, "the trits that come out are not those that went in");
}

std::string benchmark_name(const std::string& what, int threads) {
    return what + "/" + name_of(shape()) + "/threads:" + std::to_string(threads);
}

void add_pack(const BenchedPacking& packing, int threads) {
    const std::string name = benchmark_name("pack/" + packing.name, threads);
    add_benchmark(name, [=, &packing](State& state) {
        const Threads executor(threads);
        const auto& trits = trits_of(shape());
        packing.pack(trits, shape(), executor, [&](PackedBytes bytes) { check_trits(name, packing, bytes); });
        for (auto _ : state)
            packing.pack(trits, shape(), executor, [](PackedBytes bytes) { benchmark::DoNotOptimize(bytes.data()); });
        set_bytes(state, packing);
    });
}

void add_unpack(const BenchedPacking& packing) {
    add_benchmark(benchmark_name("unpack/" + packing.name, 1), [=, &packing](State& state) {
        const auto matrix = packed(packing, shape()).make();
        std::vector<std::int8_t> trits(shape().size());
        for (auto _ : state) {
            packing.unpack(shape(), matrix.data(), trits);
            benchmark::ClobberMemory();
        }
        set_bytes(state, packing);
    });
}

void add_repack(const BenchedPacking& from, const BenchedPacking& to, int threads) {
    const std::string name = benchmark_name("repack/" + from.name + "/" + to.name, threads);
    add_benchmark(name, [=, &from, &to](State& state) {
        const Threads executor(threads);
        const auto matrix = packed(from, shape()).make();
        from.repack(to, shape(), matrix.data(), executor, [&](PackedBytes bytes) { check_trits(name, to, bytes); });
        for (auto _ : state) {
            from.repack(to, shape(), matrix.data(), executor,
                        [](PackedBytes bytes) { benchmark::DoNotOptimize(bytes.data()); });
        }
        set_bytes(state, from);
    });
}

}  // namespace

void register_conversions() {
    for (const auto& packing : benched_packings()) {
        for (const int threads : options().threads) {
            add_pack(packing, threads);
            add_repack(i2s(), packing, threads);
            if (&packing != &i2s()) add_repack(packing, i2s(), threads);
        }
        add_unpack(packing);
    }
}

}  // namespace bench
