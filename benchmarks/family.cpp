// The BitLinear family: one token's product by each activation policy, the weights in cache, on one thread. Quantising
// the token isn't timed.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include "benchmarks.hpp"
#include "beside_limits.hpp"
#include "matrices.hpp"
#include "options.hpp"

namespace bench {

namespace {

using Floats = std::vector<float>;

/// Weights that Binary can hold, too.
std::vector<std::int8_t> signs_of(ternion::Shape shape) {
    auto trits = trits_of(shape);
    std::ranges::replace(trits, std::int8_t{0}, std::int8_t{1});
    return trits;
}

/// A token of which `percent` in a hundred inputs are zero, in runs of `run` that begin at multiples of it.
Floats with_zeros(std::size_t k, unsigned percent, std::size_t run) {
    Floats x = random_floats(k);
    std::minstd_rand random(7);
    std::vector<std::size_t> runs(k / run);
    for (std::size_t i = 0; i < runs.size(); ++i)
        runs[i] = i;
    std::ranges::shuffle(runs, random);
    runs.resize(runs.size() * percent / 100);
    for (const std::size_t i : runs)
        std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(i * run), run, 0.0f);
    return x;
}

template <ternion::Packing P, class Policy>
void add(const std::string& name, ternion::Shape shape, const Floats& x) {
    const std::string full = "family/" + name + "/" + std::string(P::name) + "/" + name_of(shape);
    add_benchmark(full, [shape, x](benchmark::State& state) {
        const auto w = ternion::pack<P>(signs_of(shape), shape.n, shape.k);
        ternion::ActivationsOf<Policy> activations;
        ternion::quantize(Policy{}, x, 1, shape.k, activations);
        Floats y(shape.n);
        for (auto _ : state) {
            ternion::gemm(w, activations, std::span(y));
            benchmark::ClobberMemory();
        }
        const double macs = static_cast<double>(shape.size()) * static_cast<double>(state.iterations());
        state.counters["macs_per_second"] = benchmark::Counter(macs, benchmark::Counter::kIsRate);
        state.SetLabel(std::string(ternion::backend_of<ternion::default_arch>::name));
    });
}

void add_shape(ternion::Shape shape) {
    using namespace ternion;
    const Floats x = random_floats(shape.k);
    add<Interleaved2x16, Absmax<8>>("absmax8", shape, x);
    add<Interleaved2x16, AbsmeanInt4>("absmean_int4", shape, x);
    add<Interleaved2x16, TopK<>>("top_half", shape, x);
    for (const unsigned percent : {50u, 80u, 95u}) {
        for (const std::size_t run : {1u, 4u, 64u}) {
            const auto name = "sparse/" + std::to_string(percent) + "_percent_zeros/runs_of_" + std::to_string(run);
            add<Interleaved2x16, Sparse<>>(name, shape, with_zeros(shape.k, percent, run));
        }
    }
    add<Interleaved2x16, SplitOutliers<5>>("split", shape, x);
    add<Interleaved2x16, SplitOutliers<5, 128>>("split_groups_of_128", shape, x);
    add<Interleaved2x16, Sign>("sign", shape, x);
    add<BitPlanes, Sign>("sign", shape, x);
    add<Binary, Sign>("sign", shape, x);
    add<BitPlanes, Absmax<8>>("absmax8", shape, x);
    add<Binary, Absmax<8>>("absmax8", shape, x);
}

}  // namespace

void register_family() {
    add_shape(options().shapes.front());
    if (options().shapes.back() != options().shapes.front()) add_shape(options().shapes.back());
}

}  // namespace bench
