// What ranks learn of a token from summaries of its parts, against the norm of the whole token, by ==.
#include <algorithm>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <compute/kernels.hpp>
#include <cstdint>
#include <limits>
#include <model/code_gather.hpp>
#include <model/token_summary.hpp>
#include <ternion/distributed/thread_ranks.hpp>
#include <vector>

#include "decoder_fixture.hpp"

namespace {

using namespace bitnet;
using bitnet_tests::random_floats;
using Floats = std::vector<float>;

constexpr float eps = 1e-5F;

std::vector<TokenSummary> summaries(const Floats& x, const Floats& w, std::size_t ranks) {
    const ternion::Shares shares(x.size(), ranks);
    std::vector<TokenSummary> parts;
    for (std::size_t r = 0; r < ranks; ++r)
        parts.push_back(summarise(x.data() + shares.begin(r), w.data() + shares.begin(r), shares.size(r)));
    return parts;
}

/// Whether the scaling is known; it is then that of the norm.
bool known(const Floats& x, const Floats& w, std::size_t ranks) {
    const auto found = join(summaries(x, w, ranks), x.size(), &eps);
    if (!found) return false;
    Floats y(x.size());
    ternion::rms_normalise(x.data(), w.data(), x.size(), eps, y.data());
    float peak = 0;
    bool same = true;
    for (std::size_t i = 0; i < x.size(); ++i) {
        peak = std::max(peak, std::fabs(y[i]));
        same = same && x[i] * found->factor * w[i] == y[i];
    }
    CHECK(same);
    CHECK(found->peak == peak);
    return true;
}

TEST_CASE("Summaries of a token's parts give its norm's factor and peak") {
    unsigned seed = 0;
    for (const std::size_t n : {1, 2, 31, 64, 190, 2560, 6912}) {
        for (const std::size_t ranks : {1, 2, 3, 5}) {
            const Floats x = random_floats(n, ++seed, 3), w = random_floats(n, ++seed);
            CAPTURE(n, ranks);
            CHECK(known(x, w, ranks));
            CHECK(known(Floats(n, 0.0F), w, ranks));
        }
    }
}

TEST_CASE("Summaries don't tell what roundings decide") {
    // Products so close that the norm's roundings change their order: known where the ranks have one each, and else
    // not.
    std::size_t swapped = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
        Floats x = random_floats(64, seed), w = random_floats(64, seed + 1000);
        x[3] = 2;
        w[3] = 1.2345678F;
        w[40] = 1.7F;
        x[40] = 2 * 1.2345678F / 1.7F;
        w[41] = w[40];
        x[41] = std::nextafter(x[40], 0.0F);
        CHECK_FALSE(known(x, w, 2));
        x[41] = 0;
        CHECK_FALSE(known(x, w, 1));
        CHECK(known(x, w, 2));
        Floats y(64);
        ternion::rms_normalise(x.data(), w.data(), 64, eps, y.data());
        const double a = static_cast<double>(x[3]) * static_cast<double>(w[3]);
        const double b = static_cast<double>(x[40]) * static_cast<double>(w[40]);
        if ((a > b) != (std::fabs(y[3]) > std::fabs(y[40]))) ++swapped;
    }
    CHECK(swapped > 10);

    // A sum at which the factor changes from one float to the next.
    const auto factor_of = [](double sum) {
        return static_cast<float>(1.0 / std::sqrt(sum / 64 + static_cast<double>(eps)));
    };
    double low = 100, high = 100.1;
    for (double middle = 100.05; middle > low && middle < high; middle = low + (high - low) / 2)
        (factor_of(middle) == factor_of(100) ? low : high) = middle;
    const auto at = [&](double squares) {
        const TokenSummary part{
            .squares = squares, .first = 1, .second = 0.5, .x = 1, .weight = 1, .largest_weight = 1};
        return join({&part, 1}, 64, &eps);
    };
    CHECK_FALSE(at(low));
    CHECK_FALSE(at(high));
    CHECK(at(low * (1 - 1e-9)));
    CHECK(at(high * (1 + 1e-9)));
}

TEST_CASE("Summaries don't tell the scale of a token that isn't finite, or underflows") {
    const Floats x = random_floats(64, 1), w = random_floats(64, 2);
    for (const float fault : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        Floats bad_x = x, bad_w = w;
        bad_x[50] = bad_w[20] = fault;
        CHECK_FALSE(known(bad_x, w, 2));
        CHECK_FALSE(known(x, bad_w, 2));
        CHECK_FALSE(join(summaries(bad_x, w, 2), 64, nullptr));
    }
    Floats tiny(64, 0.0F);
    tiny[5] = 1e-40F;
    CHECK_FALSE(known(tiny, w, 2));
    Floats gap = x, huge = w;
    gap[5] = 0;
    huge[5] = std::numeric_limits<float>::max();
    CHECK_FALSE(known(gap, huge, 2));
}

/// What CodeGather makes of tokens [2, 190] on some ranks; the answer is the same on all.
bool gathered(const Floats& x, const Floats& w, std::size_t size) {
    const ternion::KernelTable& table = *find_kernels().ternary;
    const InputNorm norm(ternion::AnyRmsNorm(table, w, eps));
    const ternion::InputStage<InputNorm, InputQuantizer> whole(
        norm, family_quantizer(BitLinearKind::b158, LayerInput::attention, table));
    std::vector<int> answers(size);
    ternion::ThreadRanks::run(size, [&](ternion::ThreadRanks::Rank rank) {
        ternion::ErasedCommunicator<ternion::ThreadRanks::Rank> ranks(rank);
        ranks.set_network({.latency = 0, .seconds_per_byte = 1});
        const ternion::Shares columns(190, size);
        Floats part;
        for (std::size_t t = 0; t < 2; ++t)
            part.insert(part.end(), x.begin() + static_cast<std::ptrdiff_t>(t * 190 + columns.begin(rank.rank())),
                        x.begin() + static_cast<std::ptrdiff_t>(t * 190 + columns.end(rank.rank())));
        ternion::ThreadPool alone(1);
        ternion::AnyActivations found;
        answers[rank.rank()] = CodeGather().run(ranks, columns, &norm, whole.quantizer(), part, 2, found, alone);
        if (answers[rank.rank()] == 0) return;
        ternion::InputWorkspace<ternion::AnyActivations> workspace;
        const auto& expected = whole.prepare(x, 2, 190, workspace).quantized();
        for (std::size_t t = 0; t < 2; ++t) {
            if (!std::ranges::equal(found.quantized().row(t), expected.row(t)) ||
                found.quantized().scale(t) != expected.scale(t) || found.quantized().sum(t) != expected.sum(t))
                throw std::runtime_error("other activations");
        }
    });
    CHECK(std::ranges::count(answers, answers[0]) == static_cast<std::ptrdiff_t>(size));
    return answers[0] != 0;
}

TEST_CASE("Ranks gather the codes of whole tokens, or agree not to") {
    const Floats w = random_floats(190, 9);
    for (const std::size_t size : {2, 3, 7}) {
        Floats x = random_floats(380, 8, 5);
        CHECK(gathered(x, w, size));
        std::fill_n(x.begin(), 190, 0.0F);
        CHECK(gathered(x, w, size));
        x[190 + 188] = x[190 + 189] = 50;  // on the last rank, whose products tie
        Floats tied = w;
        tied[188] = tied[189] = 1;
        CHECK_FALSE(gathered(x, tied, size));
    }
}

TEST_CASE("All ranks know the same network") {
    std::vector<ternion::NetworkCost> costs(3);
    ternion::ThreadRanks::run(
        3, [&](ternion::ThreadRanks::Rank rank) { costs[rank.rank()] = ternion::measure_network(rank); });
    CHECK(costs[0].latency > 0);
    CHECK(costs[0].seconds_per_byte >= 0);
    for (const ternion::NetworkCost& cost : costs) {
        CHECK(cost.latency == costs[0].latency);
        CHECK(cost.seconds_per_byte == costs[0].seconds_per_byte);
    }
    const ternion::NetworkCost gigabit{.latency = 1e-4, .seconds_per_byte = 8e-9};
    CHECK(gigabit.prefers_collectives(1, 13000));
    CHECK_FALSE(gigabit.prefers_collectives(1, 12000));
}

}  // namespace
