#include "rival.hpp"

#include <cmath>

#include "../exactness.hpp"
#include "../matrices.hpp"
#include "../options.hpp"

namespace bench {

namespace {

constexpr std::size_t tokens[] = {1, 16, 128, 512};

double expected(ternion::Shape shape, const ternion::QuantizedActivations& x, std::size_t m, std::size_t n) {
    const auto& trits = trits_of(shape);
    double sum = 0;
    for (std::size_t k = 0; k < shape.k; ++k)
        sum += trits[n * shape.k + k] * x.row(m)[k];
    return sum;
}

void check(const std::string& name, const Rival& rival, ternion::Shape shape, std::size_t m, double tolerance) {
    const auto x = random_activations(m, shape.k);
    rival.multiply();
    for (const std::size_t row : {std::size_t{0}, shape.n - 1}) {
        const double right = expected(shape, x, m - 1, row);
        const double found = rival.result(m - 1, row);
        if (std::abs(found - right) <= tolerance * std::max(1.0, std::abs(right))) continue;
        fail(name, "row " + std::to_string(row) + " is " + std::to_string(found) + ", not " + std::to_string(right));
    }
}

}  // namespace

void add_rivals(const std::string& name, double bits, double tolerance, const MakeRival& make) {
    for (const auto shape : options().shapes) {
        for (const std::size_t m : tokens) {
            for (const int threads : options().threads) {
                const std::string full = "rival/" + name + "/" + std::to_string(m) + "x" + name_of(shape) +
                                         "/threads:" + std::to_string(threads);
                add_benchmark(full, [=](benchmark::State& state) {
                    const Rival rival = make(shape, m, threads);
                    check(full, rival, shape, m, tolerance);
                    Work work;
                    work.memory = rival.weights;
                    work.macs = static_cast<double>(shape.size() * m);
                    work.bytes = static_cast<double>(rival.weights.bytes());
                    work.bits_per_weight = bits;
                    work.threads = threads;
                    work.label = rival.label;
                    run_beside_limits(state, work, [&](std::size_t) { rival.multiply(); });
                });
            }
        }
    }
}

}  // namespace bench
