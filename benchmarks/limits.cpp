#include "limits.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ternion/simd/read_memory.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "clock.hpp"
#include "packings.hpp"
#include "threads.hpp"

namespace bench {

namespace {

using Backend = ternion::backend_of<ternion::default_arch>;

// An outer product, as in a GEMM, with no broadcast and nothing else between the dot products: every pair of operands
// has an accumulator of its own, so that none waits for another, and all of it fits in the register file. Where a dot
// product ends with an addition, that is all the next one waits for, and GCC 12 keeps two registers for each
// accumulator.
constexpr std::size_t dot_codes = Backend::registers > 16 ? 4 : 2;
constexpr std::size_t dot_activations = !Backend::wide_dot ? 3 : Backend::registers > 16 ? 6 : 5;
constexpr std::size_t dot_rounds = 10000;  // so many that looking at the clock costs nothing

template <std::size_t Count>
using Operands = std::array<std::array<std::uint8_t, Backend::bytes>, Count>;

double multiply_block(const Operands<dot_codes>& codes, const Operands<dot_activations>& activations) {
    std::array<Backend::Narrow, dot_codes * dot_activations> sums;
    ternion::unroll<sums.size()>([&](auto i) TERNION_INLINE_LAMBDA { sums[i] = Backend::narrow_zero(); });
    for (std::size_t round = 0; round < dot_rounds; ++round) {
        benchmark::ClobberMemory();  // the operands may have changed: nothing moves out of the loop
        std::array<Backend::Bytes, dot_codes> c;
        ternion::unroll<dot_codes>([&](auto i) TERNION_INLINE_LAMBDA { c[i] = Backend::load_once(codes[i].data()); });
        ternion::unroll<dot_activations>([&](auto a)
                                             TERNION_INLINE_LAMBDA {
            const auto x = Backend::load_once(activations[a].data());
            ternion::unroll<dot_codes>(
                [&](auto i) TERNION_INLINE_LAMBDA { sums[a * dot_codes + i] = Backend::dot(sums[a * dot_codes + i], c[i], x); });
        });
    }
    auto total = Backend::wide_zero();
    ternion::unroll<sums.size()>([&](auto i)
                                     TERNION_INLINE_LAMBDA { total = Backend::template fold<0>(total, sums[i]); });
    benchmark::DoNotOptimize(Backend::sum(total));
    return static_cast<double>(dot_rounds * dot_codes * dot_activations * Backend::bytes);
}

/// Runs f(index) on each thread, which returns what it has done.
template <class F>
Amount on_all_threads(int threads, const F& f) {
    struct alignas(64) Done {
        double amount = 0;
    };
    std::vector<Done> done(static_cast<std::size_t>(threads));
    const double start = now();
    Threads(threads).parallel_for(done.size(), [&](std::size_t index, std::size_t) { done[index].amount = f(index); });
    Amount all{0, now() - start};
    for (const Done& each : done)
        all.done += each.amount;
    return all;
}

/// Does f() once, and again until some seconds have passed; adds up what it returns.
template <class F>
double repeat_for(double seconds, const F& f) {
    const double start = now();
    double done = 0;
    do {
        done += f();
    } while (now() - start < seconds);
    return done;
}

}  // namespace

Amount read_memory(const Copies& memory, int threads, double seconds) {
    constexpr std::size_t unit = 256;  // what read_memory reads at once
    const std::size_t units = memory.bytes() / unit;
    const auto parts = static_cast<std::size_t>(threads);
    return on_all_threads(threads, [&](std::size_t index) {
        const std::size_t begin = units * index / parts * unit;
        const std::size_t bytes = units * (index + 1) / parts * unit - begin;
        const std::size_t passes = seconds > 0 ? ternion::ceil_div(std::size_t{4} << 20, std::max(bytes, unit)) : 1;
        return repeat_for(seconds, [&] {
            for (std::size_t i = 0; i < passes; ++i)
                benchmark::DoNotOptimize(ternion::read_memory(memory.data + begin, bytes));
            return static_cast<double>(bytes * passes);
        });
    });
}

Amount multiply_registers(int threads, double seconds) {
    return on_all_threads(threads, [&](std::size_t) {
        Operands<dot_codes> codes{};
        Operands<dot_activations> activations{};
        benchmark::DoNotOptimize(codes);
        benchmark::DoNotOptimize(activations);
        return repeat_for(seconds, [&] { return multiply_block(codes, activations); });
    });
}

}  // namespace bench
