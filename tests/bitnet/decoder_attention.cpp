#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cmath>
#include <limits>

#include "compute/kernels.hpp"
#include "decoder_fixture.hpp"
#include "model/attention.hpp"

namespace {

using namespace bitnet;
using bitnet_tests::random_floats;
using bitnet_tests::small_config;

/// Queries of the last `count` of `length` tokens, and keys and values of all.
struct Sequence {
    Sequence(const Config& config, std::size_t all, std::size_t asked, float size = 2)
        : length(all),
          count(asked),
          queries(random_floats(asked * config.q_size(), 1, size)),
          keys(random_floats(all * config.kv_size(), 2, size)),
          values(random_floats(all * config.kv_size(), 3, size)) {}

    std::size_t length, count;
    std::vector<float> queries, keys, values;
};

/// In double, score by score.
std::vector<double> oracle(const Config& config, const Sequence& s) {
    const std::size_t dim = config.head_dim;
    std::vector<double> out(s.queries.size());
    for (std::size_t t = 0; t < s.count; ++t) {
        for (std::size_t h = 0; h < config.heads; ++h) {
            const float* q = s.queries.data() + (t * config.heads + h) * dim;
            const std::size_t kv = h / (config.heads / config.kv_heads);
            const std::size_t visible = s.length - s.count + t + 1;
            std::vector<double> weights(visible);
            for (std::size_t k = 0; k < visible; ++k) {
                const float* key = s.keys.data() + (k * config.kv_heads + kv) * dim;
                for (std::size_t d = 0; d < dim; ++d)
                    weights[k] += static_cast<double>(q[d]) * static_cast<double>(key[d]);
                weights[k] /= std::sqrt(static_cast<double>(dim));
            }
            const double peak = *std::ranges::max_element(weights);
            double sum = 0;
            for (double& weight : weights)
                sum += weight = std::exp(weight - peak);
            for (std::size_t k = 0; k < visible; ++k) {
                const float* value = s.values.data() + (k * config.kv_heads + kv) * dim;
                for (std::size_t d = 0; d < dim; ++d)
                    out[(t * config.heads + h) * dim + d] += weights[k] / sum * static_cast<double>(value[d]);
            }
        }
    }
    return out;
}

/// Fills layer 1 of a cache in two parts, so that the second begins anywhere in a block.
std::vector<float> attend(const Config& config, const Sequence& s, KvType type, int thread_count) {
    ternion::ThreadPool threads(thread_count);
    KvCache cache(config, s.length, type);
    const std::size_t before = s.length - s.count;
    const std::size_t kv = config.kv_size();
    cache.reserve(before);
    cache.store(1, before, std::span(s.keys).first(before * kv), std::span(s.values).first(before * kv),
                bitnet::find_kernels(), threads);
    cache.advance(before);
    cache.reserve(s.count);
    cache.store(1, s.count, std::span(s.keys).subspan(before * kv), std::span(s.values).subspan(before * kv),
                bitnet::find_kernels(), threads);
    std::vector<float> out(s.queries.size(), std::numeric_limits<float>::quiet_NaN());
    Attention attention(config, bitnet::find_kernels());
    attention(s.queries, before, s.count, cache, 1, out, threads);
    return out;
}

double largest_difference(std::span<const float> found, std::span<const double> expected) {
    double worst = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double difference = std::abs(static_cast<double>(found[i]) - expected[i]);
        worst = std::isnan(difference) ? difference : std::max(worst, difference);
        if (std::isnan(worst)) break;
    }
    return worst;
}

struct Heads {
    std::size_t heads, kv_heads, dim;
};

TEST_CASE("attention is softmax(q · k / sqrt(d)) · v over what is visible, heads in groups") {
    const Heads heads = GENERATE(Heads{1, 1, 2}, Heads{4, 2, 64}, Heads{6, 2, 80}, Heads{20, 5, 128}, Heads{70, 1, 8});
    const Config config = small_config(heads.heads, heads.kv_heads, heads.dim);
    struct Case {
        std::size_t length, count;
    };
    const Case c = GENERATE(Case{1, 1}, Case{63, 1}, Case{64, 64}, Case{65, 2}, Case{130, 130}, Case{300, 1},
                            Case{300, 7}, Case{257, 40}, Case{600, 3});
    INFO(heads.heads << " heads, " << heads.kv_heads << " KV heads of " << heads.dim << "; the last " << c.count
                     << " of " << c.length << " tokens");
    const Sequence s(config, c.length, c.count);
    const std::vector<float> found = attend(config, s, KvType::f32, 2);
    CHECK(largest_difference(found, oracle(config, s)) <= 1e-5);
    for (const int threads : {1, 3, 7})
        CHECK(attend(config, s, KvType::f32, threads) == found);
}

TEST_CASE("attention over a long context") {
    const Config config = small_config(4, 1, 32);
    const std::size_t count = GENERATE(1, 130);
    const Sequence s(config, 3001, count);
    CHECK(largest_difference(attend(config, s, KvType::f32, 2), oracle(config, s)) <= 1e-5);
}

TEST_CASE("attention shares a long context among threads in runs of spans, some of them shorter") {
    const Config config = small_config(20, 5, 32);  // 12 spans for each of 5 heads: runs of 7 and 5, of 3, of 2, of 1
    const KvType type = GENERATE(KvType::f32, KvType::f16, KvType::i8);
    const Sequence s(config, 3001, 3);
    const std::vector<float> found = attend(config, s, type, 1);
    if (type == KvType::f32) CHECK(largest_difference(found, oracle(config, s)) <= 1e-5);
    for (const int threads : {2, 3, 9})
        CHECK(attend(config, s, type, threads) == found);
    // One token multiplies keys and values where they are, three widen them first.
    Sequence alone = s;
    alone.count = 1;
    alone.queries.assign(s.queries.end() - static_cast<std::ptrdiff_t>(config.q_size()), s.queries.end());
    CHECK(std::ranges::equal(attend(config, alone, type, 2), std::span(found).last(config.q_size())));
}

TEST_CASE("attention keeps to a key far above all others, wherever it is") {
    const Config config = small_config(2, 1, 16);
    const std::size_t place = GENERATE(0, 63, 64, 299, 511);
    Sequence s(config, 512, 1, 1);
    for (std::size_t d = 0; d < 16; ++d) {
        s.queries[d] = s.queries[16 + d] = 30;
        s.keys[place * 16 + d] = 30;
    }
    const std::vector<float> found = attend(config, s, KvType::f32, 2);
    for (std::size_t i = 0; i < 32; ++i)
        CHECK(found[i] == s.values[place * 16 + i % 16]);
}

TEST_CASE("an F16 cache costs no more than the rounding of keys and values") {
    const Config config = small_config(20, 5, 128);
    const std::size_t count = GENERATE(1, 70);
    const Sequence s(config, 200, count, 1);
    const std::vector<float> found = attend(config, s, KvType::f16, 2);
    CHECK(largest_difference(found, oracle(config, s)) <= 2e-3);
    // The same rounding made beforehand gives the same result.
    Sequence rounded = s;
    for (auto* numbers : {&rounded.keys, &rounded.values}) {
        for (float& number : *numbers)
            number = static_cast<float>(ternion::Float16(number));
    }
    CHECK(attend(config, rounded, KvType::f32, 2) == found);
    CHECK(attend(config, s, KvType::f32, 2) != found);
}

/// Rounds each head's numbers to codes of so many bits, by the formula: a first token has `first_bits`.
void round_to_codes(std::vector<float>& numbers, std::size_t heads, std::size_t dim, int bits, int first_bits) {
    for (std::size_t i = 0; i < numbers.size(); i += dim) {
        const auto half = static_cast<float>(1 << ((i < heads * dim ? first_bits : bits) - 1));
        const auto head = std::span(numbers).subspan(i, dim);
        float absmax = 1e-5F;
        for (const float number : head)
            absmax = std::max(absmax, std::abs(number));
        const float s = (half - 1) / absmax;
        for (float& number : head)
            number = std::clamp(std::nearbyint(number * s), -half, half - 1) * (absmax / (half - 1));
    }
}

TEST_CASE("a cache of codes costs no more than the rounding of keys and values to its bits") {
    struct Coded {
        KvType type;
        int bits, first_bits;
    };
    const Coded coded = GENERATE(Coded{KvType::i8, 8, 8}, Coded{KvType::i4, 4, 4}, Coded{KvType::i3, 3, 4});
    const Heads heads = GENERATE(Heads{20, 5, 128}, Heads{4, 2, 10});
    const std::size_t count = GENERATE(1, 70);
    const Config config = small_config(heads.heads, heads.kv_heads, heads.dim);
    INFO(coded.bits << " bits, heads of " << heads.dim << ", the last " << count << " of 200 tokens");
    const Sequence s(config, 200, count, 1);
    const std::vector<float> found = attend(config, s, coded.type, 2);
    CHECK(largest_difference(found, oracle(config, s)) <= 2.0 / (1 << coded.bits));
    // The same rounding made beforehand gives the same result.
    Sequence rounded = s;
    for (auto* numbers : {&rounded.keys, &rounded.values})
        round_to_codes(*numbers, heads.kv_heads, heads.dim, coded.bits, coded.first_bits);
    CHECK(attend(config, rounded, KvType::f32, 2) == found);
}

TEST_CASE("a key or value that is no number shows in the result instead of vanishing") {
    const Config config = small_config(2, 1, 16);
    Sequence s(config, 100, 1);
    const bool key = GENERATE(true, false);
    (key ? s.keys : s.values)[70 * 16 + 3] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> found =
        attend(config, s, GENERATE(KvType::f32, KvType::f16, KvType::i8, KvType::i4, KvType::i3), 1);
    CHECK(std::isnan(found[3]));
    CHECK(std::isnan(found[19]));
}

}  // namespace
