// Products over a list of rows or of inputs, one token, the weights from DRAM: what zeros in a feed-forward layer save.

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include "benchmarks.hpp"
#include "beside_limits.hpp"
#include "exactness.hpp"
#include "matrices.hpp"
#include "options.hpp"
#include "packings.hpp"

namespace bench {

namespace {

using List = std::vector<std::uint32_t>;

struct Listed {
    const BenchedPacking* packing;
    bool inputs;  // or rows
    ternion::Shape shape;
    unsigned percent_zeros;
    int threads;
    std::string name = {};
};

/// So many of a hundred numbers are left out, at random.
List list_of(std::size_t limit, unsigned percent) {
    std::minstd_rand random(7);
    List list;
    for (std::size_t i = 0; i < limit; ++i)
        if (random() / 7 % 100 >= percent) list.push_back(static_cast<std::uint32_t>(i));
    return list;
}

std::vector<float> token_of(std::size_t k, const List& list) {
    const auto random = random_floats(k);
    std::vector<float> x(k, 0.0f);
    for (const std::size_t i : list)
        x[i] = random[i];
    return x;
}

/// Y by the listed product, on the executor's threads.
void multiply(const Listed& what, const std::byte* data, const ternion::QuantizedActivations& x, const List& list,
              std::span<std::int32_t> y, const Threads& threads) {
    const ternion::PackingKernels& kernels = *what.packing->kernels;
    const ternion::TernaryBytes w{&kernels.packing, what.shape, data};
    const ternion::Output<std::int32_t> out{y.data(), what.shape.n};
    if (what.inputs) {
        ternion::split_rows({0, what.shape.n}, threads, [&](ternion::RowRange rows) {
            kernels.multiply_listed_inputs(w, {x.view(), list}, rows, out);
        });
    } else {
        ternion::split(list.size(), 16, threads, [&](std::size_t begin, std::size_t end) {
            kernels.multiply_listed_rows(w, x.view(), std::span(list).subspan(begin, end - begin), out);
        });
    }
}

/// A list's product is that of all.
void check(const Listed& what, const std::byte* data, const ternion::QuantizedActivations& x, const List& list,
           const Threads& threads) {
    std::vector<std::int32_t> all(what.shape.n), some(what.shape.n, -1);
    what.packing->multiply_exactly(what.shape, data, x, all, threads);
    multiply(what, data, x, list, some, threads);
    for (std::size_t row = 0; row < what.shape.n; ++row) {
        const bool written = what.inputs || std::ranges::binary_search(list, row);
        if (some[row] != (written ? all[row] : -1)) fail(what.name, "row " + std::to_string(row) + " is wrong");
    }
}

void run(benchmark::State& state, const Listed& what) {
    const auto content = packed(*what.packing, what.shape);
    const Copies copies = in_dram(content);
    const Threads executor(what.threads);
    const List list = list_of(what.inputs ? what.shape.k : what.shape.n, what.percent_zeros);
    ternion::QuantizedActivations x;
    ternion::quantize(ternion::Absmax<8>{}, what.inputs ? token_of(what.shape.k, list) : random_floats(what.shape.k), 1,
                      what.shape.k, x);
    check(what, copies[0], x, list, executor);

    std::vector<std::int32_t> y(what.shape.n);
    const double share =
        static_cast<double>(list.size()) / static_cast<double>(what.inputs ? what.shape.k : what.shape.n);
    Work work;
    work.memory = copies;
    work.macs = static_cast<double>(what.shape.size()) * share;
    work.bytes = static_cast<double>(content.bytes) * share;
    work.bits_per_weight = what.packing->bits_per_weight;
    work.threads = what.threads;
    work.label = what.packing->kernel;
    run_beside_limits(state, work, [&](std::size_t copy) {
        multiply(what, copies[copy], x, list, y, executor);
        benchmark::ClobberMemory();
    });
}

}  // namespace

void register_listed() {
    for (const auto& packing : benched_packings()) {
        const bool inputs = packing.name.ends_with("_by_input");
        if (!inputs && packing.name != ternion::Trits5Rows::name && packing.name != ternion::I2S::name) continue;
        for (const auto shape : options().shapes) {
            for (const int threads : options().threads) {
                for (const unsigned percent : {0u, 50u, 80u}) {
                    Listed what{&packing, inputs, shape, percent, threads};
                    what.name = std::string("listed/") + (inputs ? "inputs/" : "rows/") + packing.name + "/" +
                                name_of(shape) + "/" + std::to_string(percent) +
                                "_percent_zeros/threads:" + std::to_string(threads);
                    add_benchmark(what.name, [what](benchmark::State& state) { run(state, what); });
                }
            }
        }
    }
}

}  // namespace bench
