#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <ternion/distributed/sharded_absmax.hpp>
#include <ternion/distributed/sharded_inputs.hpp>
#include <ternion/distributed/sharded_rows.hpp>
#include <ternion/distributed/thread_ranks.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"
#include "test_executor.hpp"

// What each rank has of a layer's result is compared with that of one process, by ==.

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Floats = std::vector<float>;
using Trits = std::vector<std::int8_t>;
using Rank = ThreadRanks::Rank;

constexpr std::size_t rank_counts[] = {1, 2, 3, 4, 5, 7};

/// Rows or columns of a row-major matrix.
template <class T>
std::vector<T> block(const std::vector<T>& matrix, std::size_t k, RowRange rows, RowRange cols) {
    std::vector<T> part;
    for (std::size_t n = rows.begin; n < rows.end; ++n)
        for (std::size_t i = cols.begin; i < cols.end; ++i)
            part.push_back(matrix[n * k + i]);
    return part;
}

RowRange range_of(const Shares& shares, std::size_t rank) {
    return {shares.begin(rank), shares.end(rank)};
}

/// y += W · quantised(x), where y begins as a residual.
template <class Layer>
Floats forward(const Layer& layer, const Floats& x, std::size_t m, const Floats& residual) {
    typename Layer::Workspace workspace;
    Floats y = residual;
    layer.forward_add(x, m, y, workspace);
    return y;
}

/// Weights of a packing with one scale, or one a row, or one a group of 64 inputs.
enum class Scaling { tensor, rows, groups };

template <class P>
ScaledTernary<P> scaled(const Trits& trits, std::size_t n, std::size_t k, const Floats& scales, bool groups) {
    return ScaledTernary<P>(pack<P>(trits, n, k), scales, groups ? 64 : 0);
}

template <class F>
void each_shape(F&& f) {
    for (const std::size_t n : {1, 2, 17, 64, 129})
        for (const std::size_t k : {7, 65, 190})
            for (const std::size_t m : {1, 3})
                f(n, k, m);
}

template <class P, class Q>
void check_rows(Scaling scaling) {
    each_shape([&](std::size_t n, std::size_t k, std::size_t m) {
        const Trits trits = test::random_trits(n * k, n + k);
        const Floats x = test::random_floats(m * k, 3, 5), residual = test::random_floats(m * n, 4);
        const std::size_t groups = scaling == Scaling::groups ? ceil_div(k, std::size_t{64}) : 1;
        Floats scales = test::random_floats(n * groups, 5);
        for (float& scale : scales)
            scale = std::fabs(scale) + 0.1F;
        const auto run = [&](auto&& make) {
            using W = decltype(make(RowRange{0, n}));
            const Floats expected = forward(BitLinear<W, Q>(make({0, n})), x, m, residual);
            for (const std::size_t size : rank_counts) {
                CAPTURE(P::name, n, k, m, size, static_cast<int>(scaling));
                std::vector<Floats> y(size);
                ThreadRanks::run(size, [&](Rank rank) {
                    const Shares shares(n, size);
                    const RowRange mine = range_of(shares, rank.rank());
                    std::optional<W> own;
                    if (mine.begin != mine.end) own = make(mine);
                    test::ThreadPool threads(2);
                    const BitLinear<ShardedRows<W, Rank, test::ThreadPool>, Q> layer(
                        ShardedRows<W, Rank, test::ThreadPool>(std::move(own), k, shares, rank, threads), {}, {});
                    y[rank.rank()] = forward(layer, x, m, residual);
                });
                for (const Floats& found : y)
                    CHECK(found == expected);
            }
        };
        if (scaling == Scaling::tensor) {
            run([&](RowRange rows) { return pack<P>(block(trits, k, rows, {0, k}), rows.end - rows.begin, k, 0.37F); });
        } else {
            run([&](RowRange rows) {
                return scaled<P>(block(trits, k, rows, {0, k}), rows.end - rows.begin, k,
                                 block(scales, groups, rows, {0, groups}), scaling == Scaling::groups);
            });
        }
    });
}

TEST_CASE("Weights sharded by rows give the bits of one process", "[distributed]") {
    check_rows<Interleaved2x16, Absmax<8>>(Scaling::tensor);
    check_rows<I2S, Absmax<8>>(Scaling::tensor);
    check_rows<Trits5x16, Grouped<Absmax<8>, 64>>(Scaling::tensor);
    check_rows<Interleaved2x16, Absmax<8>>(Scaling::rows);
    check_rows<Interleaved2x16, Absmax<8>>(Scaling::groups);
}

template <class P>
void check_inputs(bool row_scales) {
    each_shape([&](std::size_t n, std::size_t k, std::size_t m) {
        const Trits trits = test::random_trits(n * k, n + k);
        const Floats x = test::random_floats(m * k, 3, 5), residual = test::random_floats(m * n, 4);
        Floats scales = test::random_floats(n, 5);
        for (float& scale : scales)
            scale = std::fabs(scale) + 0.1F;
        const auto run = [&](auto&& make) {
            using W = decltype(make(RowRange{0, k}));
            const Floats expected = forward(BitLinear<W>(make({0, k})), x, m, residual);
            for (const std::size_t size : rank_counts) {
                CAPTURE(P::name, n, k, m, size, row_scales);
                std::vector<Floats> y(size);
                ThreadRanks::run(size, [&](Rank rank) {
                    const RowRange mine = range_of(Shares(k, size), rank.rank());
                    using Q = ShardedAbsmax<Absmax<8>, Rank>;
                    const BitLinear<ShardedInputs<W, Rank>, Q> layer(ShardedInputs<W, Rank>(make(mine), rank), {},
                                                                     Q(rank));
                    y[rank.rank()] = forward(layer, block(x, k, {0, m}, mine), m, residual);
                });
                for (const Floats& found : y)
                    CHECK(found == expected);
            }
        };
        if (row_scales) {
            run([&](RowRange cols) {
                return scaled<P>(block(trits, k, {0, n}, cols), n, cols.end - cols.begin, scales, false);
            });
        } else {
            run([&](RowRange cols) { return pack<P>(block(trits, k, {0, n}, cols), n, cols.end - cols.begin, 0.37F); });
        }
    });
}

TEST_CASE("Weights sharded by inputs give the bits of one process", "[distributed]") {
    check_inputs<Interleaved2x16>(false);
    check_inputs<Interleaved2x16>(true);
    check_inputs<TQ2_0>(false);
}

TEST_CASE("Products of a range of sharded rows are those of the whole", "[distributed]") {
    constexpr std::size_t n = 50, k = 33, m = 2, ld = 60;
    const Trits trits = test::random_trits(n * k, 1);
    const auto whole = pack<I2S>(trits, n, k, 0.5F);
    QuantizedActivations x;
    quantize(Absmax<8>{}, test::random_floats(m * k, 2), m, k, x);
    for (const RowRange rows : {RowRange{0, 1}, {3, 47}, {20, 20}, {49, 50}}) {
        std::vector<std::int32_t> expected(m * ld, 77);
        multiply_weights(whole, x, rows, Output<std::int32_t>{expected.data(), ld});
        std::vector<std::vector<std::int32_t>> y(3, std::vector<std::int32_t>(m * ld, 77)), by_inputs = y;
        ThreadRanks::run(3, [&](Rank rank) {
            const RowRange mine = range_of(Shares(n, 3), rank.rank());
            const ShardedRows sharded(std::optional(pack<I2S>(block(trits, k, mine, {0, k}), mine.end - mine.begin, k)),
                                      k, Shares(n, 3), rank);
            sharded.multiply(x, rows, Output<std::int32_t>{y[rank.rank()].data(), ld});

            const RowRange cols = range_of(Shares(k, 3), rank.rank());
            const std::size_t own = cols.end - cols.begin;
            const ShardedInputs part(pack<I2S>(block(trits, k, {0, n}, cols), n, own), rank);
            QuantizedActivations mine_of_x;
            mine_of_x.resize(m, own);
            for (std::size_t token = 0; token < m; ++token) {
                std::int32_t sum = 0;
                for (std::size_t i = 0; i < own; ++i)
                    sum += mine_of_x.mutable_row(token)[i] = x.row(token)[cols.begin + i];
                mine_of_x.set(token, x.scale(token), sum);
            }
            part.multiply(mine_of_x, rows, Output<std::int32_t>{by_inputs[rank.rank()].data(), ld});
        });
        for (std::size_t r = 0; r < 3; ++r)
            CHECK((y[r] == expected && by_inputs[r] == expected));
    }
}

TEST_CASE("A token that isn't finite on one rank is marked on all", "[distributed]") {
    for (const float fault : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        std::vector<int> right(3);
        ThreadRanks::run(3, [&](Rank rank) {
            Floats x = test::random_floats(2 * 9, rank.rank());
            if (rank.rank() == 1) x[4] = fault;
            QuantizedActivations q;
            quantize(ShardedAbsmax<Absmax<8>, Rank>(rank), x, 2, 9, q);
            right[rank.rank()] = std::isnan(q.scale(0)) && q.row(0)[3] == 0 && !std::isnan(q.scale(1));
        });
        CHECK(right == std::vector<int>(3, 1));
    }
}

TEST_CASE("Sharded weights say what doesn't fit", "[distributed]") {
    SingleProcess alone;
    const auto w = pack<I2S>(test::random_trits(8 * 64, 1), 8, 64);
    CHECK_THROWS_MATCHES(ShardedRows(std::optional(w), 64, Shares(9, 1), alone), std::invalid_argument,
                         MessageMatches(ContainsSubstring("rank 0 of 1 has 9 x 64 weights, not 8 x 64")));
    CHECK_THROWS_AS(ShardedRows(std::optional(w), 63, Shares(8, 1), alone), std::invalid_argument);
    CHECK_THROWS_AS(ShardedRows(std::optional(w), 64, Shares(8, 2), alone), std::invalid_argument);
    const ScaledTernary<I2S> groups(w, Floats(8, 1.0F), 64);
    CHECK_THROWS_MATCHES(ShardedInputs(groups, alone), std::invalid_argument,
                         MessageMatches(ContainsSubstring("found scales in groups of inputs")));
    const ShardedInputs whole(w, alone);
    QuantizedActivations x;
    quantize(Grouped<Absmax<8>, 64>{}, test::random_floats(64, 2), 1, 64, x);
    Floats y(8);
    CHECK_THROWS_AS(whole.multiply(x, {0, 8}, Output<float>{y.data(), 8}), std::invalid_argument);
}

}  // namespace
