// gemv and gemm of every packing, over the shapes of BitNet b1.58 2B4T.

#include <memory>
#include <string>

#include "benchmarks.hpp"
#include "beside_limits.hpp"
#include "exactness.hpp"
#include "matrices.hpp"
#include "options.hpp"
#include "packings.hpp"

namespace bench {

namespace {

struct Multiplication {
    const BenchedPacking* packing;
    ternion::Shape shape;
    std::size_t tokens;
    bool from_dram;
    int threads;
    std::string name = {};
    bool checked = false;
};

void run(benchmark::State& state, Multiplication& what) {
    const auto& [packing, shape, tokens, from_dram, threads, name, checked] = what;
    const auto content = packed(*packing, shape);
    const Copies copies = from_dram ? in_dram(content) : in_cache(content);
    const auto activations = random_activations(tokens, shape.k);
    const Threads executor(threads);
    if (!checked) check_exactness(name, *packing, shape, copies[0], activations, executor);
    what.checked = true;

    std::vector<float> y(tokens * shape.n);
    Work work;
    work.memory = copies;
    work.macs = static_cast<double>(shape.size() * tokens);
    work.bytes = static_cast<double>(content.bytes);
    work.bits_per_weight = packing->bits_per_weight;
    work.threads = threads;
    work.label = packing->kernel;
    run_beside_limits(state, work, [&](std::size_t copy) {
        packing->multiply(shape, copies[copy], activations, y, executor);
        benchmark::ClobberMemory();
    });
}

void add(const std::string& name, Multiplication what) {
    what.name = name + "/threads:" + std::to_string(what.threads);
    auto shared = std::make_shared<Multiplication>(what);
    add_benchmark(what.name, [shared](benchmark::State& state) { run(state, *shared); });
}

void add_shape(const BenchedPacking& packing, ternion::Shape shape, int threads) {
    const std::string place = packing.name + "/";
    for (const bool from_dram : {true, false}) {
        const std::string where = from_dram ? "/dram" : "/cache";
        add("gemv/" + place + name_of(shape) + where, {&packing, shape, 1, from_dram, threads});
        for (const std::size_t m : options().few_tokens)
            add("gemm/" + place + std::to_string(m) + "x" + name_of(shape) + where,
                {&packing, shape, m, from_dram, threads});
    }
    for (const std::size_t m : options().many_tokens)
        add("gemm/" + place + std::to_string(m) + "x" + name_of(shape), {&packing, shape, m, false, threads});
}

}  // namespace

void register_multiplications() {
    for (const auto& packing : benched_packings()) {
        for (const auto shape : options().shapes) {
            for (const int threads : options().threads)
                add_shape(packing, shape, threads);
        }
    }
}

}  // namespace bench
