// What is done to the activations around a multiplication: quantize before it, the epilogue after it.

#include <benchmark/benchmark.h>

#include <set>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include "benchmarks.hpp"
#include "beside_limits.hpp"
#include "matrices.hpp"
#include "options.hpp"

namespace bench {

namespace {

using State = benchmark::State;

void set_bytes(State& state, std::size_t bytes) {
    set_bytes_per_second(state, static_cast<double>(bytes) * static_cast<double>(state.iterations()));
    state.SetLabel(std::string(ternion::backend_of<ternion::default_arch>::name));
}

/// One token, floats in and int8 out; counts the floats' bytes.
void add_quantize(std::size_t k) {
    add_benchmark("quantize/" + std::to_string(k), [k](State& state) {
        const auto x = random_floats(k);
        ternion::QuantizedActivations activations;
        for (auto _ : state) {
            ternion::quantize(ternion::Absmax<8>{}, x, 1, k, activations);
            benchmark::ClobberMemory();
        }
        set_bytes(state, k * sizeof(float));
    });
}

/// The int32 sums of one token to results of another type; counts the sums' bytes.
template <class Out>
void add_epilogue(const std::string& type, std::size_t n, bool residual) {
    add_benchmark("epilogue/" + type + "/" + std::to_string(n), [n, residual](State& state) {
        std::vector<std::int32_t> sums(n, 12345);
        std::vector<Out> y(n);
        const auto other = random_floats(n);
        const auto activations = random_activations(1, 64);
        benchmark::DoNotOptimize(sums.data());
        const ternion::Output<Out> out{y.data(), n, residual ? other.data() : nullptr, n};
        for (auto _ : state) {
            ternion::write_results(out, 0.5f, activations.view(), 0, 0, sums.data(), n);
            benchmark::ClobberMemory();
        }
        set_bytes(state, n * sizeof(std::int32_t));
    });
}

}  // namespace

void register_token_work() {
    for (const std::size_t width : std::set{options().shapes.front().k, options().shapes.back().k}) {
        add_quantize(width);
        add_epilogue<std::int32_t>("int32", width, false);
        add_epilogue<float>("float", width, false);
        add_epilogue<float>("float_residual", width, true);
        add_epilogue<ternion::Float16>("float16", width, false);
        add_epilogue<ternion::BFloat16>("bfloat16", width, false);
    }
}

}  // namespace bench
