// Multiplications by other libraries, over the shapes of this run.

#include <memory>
#include <string>

#include "benchmarks.hpp"
#include "beside_limits.hpp"
#include "matrices.hpp"
#include "options.hpp"
#include "rivals/rival.hpp"

namespace bench {

namespace {

void run(benchmark::State& state, const RivalLibrary& library, const Product& product) {
    const Rival rival = checked_rival(library, product);
    Work work;
    work.memory = rival.weights;
    work.macs = static_cast<double>(product.shape.size() * product.tokens);
    work.bytes = static_cast<double>(rival.weights.stride);
    work.bits_per_weight = library.bits_per_weight;
    work.threads = product.threads;
    work.label = rival.label;
    run_beside_limits(state, work, rival.multiply);
}

void add(const RivalLibrary& library, const Product& product) {
    const std::string name = "rival/" + library.name + "/" + std::to_string(product.tokens) + "x" +
                             name_of(product.shape) + (product.from_dram ? "/dram" : "") +
                             "/threads:" + std::to_string(product.threads);
    add_benchmark(name, [&library, product](benchmark::State& state) { run(state, library, product); });
}

}  // namespace

void register_rivals() {
    for (const RivalLibrary& library : rivals()) {
        for (const auto shape : options().shapes) {
            for (const int threads : options().threads) {
                for (const std::size_t tokens : {1, 8})
                    add(library, {shape, tokens, threads, true});
                for (const std::size_t tokens : {1, 8, 16, 128, 512})
                    add(library, {shape, tokens, threads, false});
            }
        }
    }
}

}  // namespace bench
