#include "measure.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <ternion/ternion.hpp>

#include "clock.hpp"
#include "limits.hpp"
#include "matrices.hpp"
#include "memory.hpp"
#include "options.hpp"
#include "threads.hpp"

namespace compare {

namespace {

std::size_t repetitions() {
    return bench::options().smoke ? 1 : 7;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Seconds that one call takes, the mean over enough of them to be measured, at most `calls` where that isn't zero.
double seconds_of(const std::function<void()>& call, std::size_t calls) {
    const double enough = bench::options().smoke ? 0 : 0.02;
    const double start = bench::now();
    double passed = 0;
    std::size_t done = 0;
    do {
        call();
        ++done;
        passed = bench::now() - start;
    } while (calls != 0 ? done < calls : passed < enough);
    return std::max(passed, 1e-9) / static_cast<double>(done);
}

/// What is multiplied: copy i of some weights of so many bytes each.
struct Multiplication {
    bench::Copies copies;
    std::size_t bytes;
    std::function<void(std::size_t copy)> multiply;
};

Rate rate_of(const Multiplication& what, const Regime& regime, int threads) {
    const auto& copies = what.copies;
    const double macs = static_cast<double>(regime.shape.size() * regime.tokens);
    const double stretch = bench::options().smoke ? 0 : 0.003;

    std::vector<double> rates, shares;
    std::size_t turn = 0;
    for (std::size_t i = 0; i < repetitions(); ++i) {
        // Of copies in DRAM one pass, so that none is in a cache when its turn comes.
        const auto reads = bench::read_memory(copies, threads, regime.from_dram ? 0 : stretch);
        const auto dots = bench::multiply_registers(threads, stretch);
        const double least = std::max(static_cast<double>(what.bytes) / reads.rate(), macs / dots.rate());
        const double seconds =
            seconds_of([&] { what.multiply(turn++ % copies.count); }, regime.from_dram ? copies.count : 0);
        rates.push_back(macs / seconds);
        shares.push_back(least / seconds);
    }
    return {median(rates), median(shares)};
}

Rate rate_of(const bench::BenchedPacking& packing, const Regime& regime, int threads) {
    const ternion::Shape shape = regime.shape;
    const auto content = bench::packed(packing, shape);
    const auto copies = regime.from_dram ? bench::in_dram(content) : bench::in_cache(content);
    const auto x = bench::random_activations(regime.tokens, shape.k);
    const bench::Threads executor(threads);
    std::vector<float> y(regime.tokens * shape.n);
    const auto multiply = [&](std::size_t copy) { packing.multiply(shape, copies[copy], x, y, executor); };
    return rate_of({copies, content.bytes, multiply}, regime, threads);
}

Rate rate_of(const bench::RivalLibrary& library, const Regime& regime, int threads) {
    const auto rival = bench::checked_rival(library, {regime.shape, regime.tokens, threads, regime.from_dram});
    return rate_of({rival.weights, rival.weights.stride, rival.multiply}, regime, threads);
}

/// Weights per second of some conversion.
double speed_of(ternion::Shape shape, const std::function<void()>& convert) {
    std::vector<double> rates;
    for (std::size_t i = 0; i < repetitions(); ++i)
        rates.push_back(static_cast<double>(shape.size()) / seconds_of(convert, 0));
    return median(rates);
}

void measure_conversions(const bench::BenchedPacking& packing, Comparison& result) {
    const ternion::Shape shape = bench::options().shapes.front();
    const bench::Threads one(1);
    const auto& trits = bench::trits_of(shape);
    const auto bytes = bench::packed(packing, shape).make();
    const auto i2s = bench::packed(bench::i2s(), shape).make();
    const auto ignore = [](bench::PackedBytes) {};
    std::vector<std::int8_t> unpacked(shape.size());
    result.pack = speed_of(shape, [&] { packing.pack(trits, shape, one, ignore); });
    result.unpack = speed_of(shape, [&] { packing.unpack(shape, bytes.data(), unpacked); });
    result.from_i2s = speed_of(shape, [&] { bench::i2s().repack(packing, shape, i2s.data(), one, ignore); });
    result.to_i2s = speed_of(shape, [&] { packing.repack(bench::i2s(), shape, bytes.data(), one, ignore); });
    result.exact = result.exact && unpacked == trits;
}

/// Every result of a few ragged products, by ==.
bool is_exact(const bench::BenchedPacking& packing, int threads) {
    constexpr std::array<ternion::Shape, 3> shapes{{{1, 1}, {37, 777}, {130, 2563}}};
    const bench::Threads executor(threads);
    for (const auto shape : shapes) {
        for (const std::size_t m : {1, 5, 50}) {
            const auto x = bench::random_activations(m, shape.k);
            std::vector<std::int8_t> q;
            for (std::size_t t = 0; t < m; ++t)
                q.insert(q.end(), x.row(t).begin(), x.row(t).end());
            std::vector<std::int32_t> y(m * shape.n, -1), expected(m * shape.n);
            ternion::reference_gemm(bench::trits_of(shape), shape.n, shape.k, q, m, expected);
            packing.multiply_exactly(shape, bench::packed(packing, shape).make().data(), x, y, executor);
            if (y != expected) return false;
        }
    }
    return true;
}

/// q and o, k and v, gate and up, and down, of 30 layers, where bytes_of(shape) are those of a matrix.
template <class BytesOf>
std::size_t model_bytes(const BytesOf& bytes_of) {
    return 30 * (2 * bytes_of({2560, 2560}) + 2 * bytes_of({640, 2560}) + 2 * bytes_of({6912, 2560}) +
                 bytes_of({2560, 6912}));
}

}  // namespace

std::vector<Regime> usual_regimes() {
    const ternion::Shape square = bench::options().shapes[0], large = bench::options().shapes[2];
    return {{"GEMV from DRAM", "gemv dram", 1, true, large},
            {"GEMV in cache", "gemv cache", 1, false, square},
            {"GEMM, 16 tokens", "gemm 16", 16, false, square},
            {"GEMM, 128 tokens", "gemm 128", 128, false, square}};
}

std::vector<Regime> regimes_of(const std::vector<ternion::Shape>& shapes, const std::vector<std::size_t>& tokens) {
    constexpr std::size_t many = 16;  // tokens that find the weights in cache, after the first of them
    std::vector<Regime> regimes;
    for (const ternion::Shape shape : shapes) {
        for (const std::size_t count : tokens) {
            const std::string name = std::to_string(count) + "x" + bench::name_of(shape);
            regimes.push_back({name + (count < many ? ", DRAM" : ""), name, count, count < many, shape});
        }
    }
    return regimes;
}

Comparison measure(const bench::BenchedPacking& packing, const std::vector<Regime>& regimes, int threads) {
    Comparison result;
    result.name = packing.name;
    result.kernel = packing.kernel;
    result.bits_per_weight = packing.bits_per_weight;
    result.model_bytes = model_bytes([&](ternion::Shape shape) { return packing.bytes(shape); });
    result.exact = is_exact(packing, threads);
    measure_conversions(packing, result);
    for (const Regime& regime : regimes)
        result.rates.push_back(rate_of(packing, regime, threads));
    return result;
}

Comparison measure(const bench::RivalLibrary& library, const std::vector<Regime>& regimes, int threads) {
    Comparison result;
    result.name = library.name;
    result.kernel = "rival";
    result.bits_per_weight = library.bits_per_weight;
    result.model_bytes = model_bytes([&](ternion::Shape shape) {
        return static_cast<std::size_t>(static_cast<double>(shape.size()) * library.bits_per_weight / 8);
    });
    for (const Regime& regime : regimes)
        result.rates.push_back(rate_of(library, regime, threads));
    return result;
}

}  // namespace compare
