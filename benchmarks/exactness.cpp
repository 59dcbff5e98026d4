#include "exactness.hpp"

#include <cstdio>
#include <cstdlib>

#include "matrices.hpp"

namespace bench {

namespace {

constexpr std::size_t rows_checked = 7;

std::int32_t expected(Trits row, std::span<const std::int8_t> q) {
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < row.size(); ++k)
        sum += row[k] * q[k];
    return sum;
}

}  // namespace

void fail(const std::string& benchmark, const std::string& message) {
    std::fflush(stdout);
    std::fprintf(stderr, "ternion-bench: %s: %s\n", benchmark.c_str(), message.c_str());
    std::exit(1);
}

void check_exactness(const std::string& benchmark, const BenchedPacking& packing, ternion::Shape shape,
                     const std::byte* data, const ternion::QuantizedActivations& x, const Threads& threads) {
    std::vector<std::int32_t> y(x.tokens() * shape.n, -1);
    packing.multiply_exactly(shape, data, x, y, threads);
    const Trits trits = trits_of(shape);
    for (std::size_t i = 0; i < rows_checked; ++i) {
        const std::size_t n = (shape.n - 1) * i / (rows_checked - 1);  // the first, the last and some between
        for (std::size_t m = 0; m < x.tokens(); ++m) {
            const std::int32_t right = expected(trits.subspan(n * shape.k, shape.k), x.row(m));
            const std::int32_t found = y[m * shape.n + n];
            if (found == right) continue;
            fail(benchmark, "row " + std::to_string(n) + ", token " + std::to_string(m) + " is " +
                                std::to_string(found) + ", not " + std::to_string(right));
        }
    }
}

}  // namespace bench
