#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <stdexcept>

#include "compute/kernels.hpp"
#include "compute/kv_block.hpp"
#include "decoder_fixture.hpp"
#include "model/kv_cache.hpp"

namespace {

using namespace bitnet;
using bitnet_tests::random_floats;
using bitnet_tests::small_config;

void add(KvCache& cache, const Config& config, std::size_t count, unsigned seed, ternion::ThreadPool& threads) {
    cache.reserve(count);
    for (std::size_t layer = 0; layer < config.layers; ++layer) {
        const auto seed_of_layer = seed + 100 * static_cast<unsigned>(layer);
        cache.store(layer, count, random_floats(count * config.kv_size(), seed_of_layer),
                    random_floats(count * config.kv_size(), seed_of_layer + 50), bitnet::find_kernels(), threads);
    }
    cache.advance(count);
}

TEST_CASE("a cache gives back what was stored, keys as columns and values as rows") {
    const Config config = small_config(6, 3, 10);
    ternion::ThreadPool threads(2);
    KvCache cache(config, 200, KvType::f32);
    add(cache, config, 130, 7, threads);
    std::vector<float> scratch(std::max(cache.format().key_floats(), cache.format().value_floats()));
    for (std::size_t layer = 0; layer < 2; ++layer) {
        const auto keys = random_floats(130 * 30, 7 + 100 * static_cast<unsigned>(layer));
        const auto values = random_floats(130 * 30, 57 + 100 * static_cast<unsigned>(layer));
        for (std::size_t t = 0; t < 130; ++t) {
            for (std::size_t i = 0; i < 30; ++i) {
                const std::size_t head = i / 10, d = i % 10;
                REQUIRE(keys_of(cache.format(), cache.at(layer, head, t / 64), scratch.data())[d * 64 + t % 64] ==
                        keys[t * 30 + i]);
                REQUIRE(values_of(cache.format(), cache.at(layer, head, t / 64),
                                  scratch.data())[t % 64 * cache.format().value_stride() + d] == values[t * 30 + i]);
            }
        }
    }
}

TEST_CASE("a cache grows with its sequence and refuses more than its capacity") {
    const Config config = small_config(2, 1, 16);
    ternion::ThreadPool threads(1);
    KvCache cache(config, 100, KvType::f16);
    CHECK(cache.bytes() == 0);
    add(cache, config, 64, 1, threads);
    const std::size_t one_block = cache.bytes();
    CHECK(one_block == 2 * (16 * 64 + 64 * 64) * 2);
    add(cache, config, 1, 2, threads);
    CHECK(cache.bytes() == 2 * one_block);
    CHECK_THROWS_MATCHES(cache.reserve(36), std::length_error,
                         Catch::Matchers::Message("the context is full: expected at most 100 tokens, found 101"));
    CHECK_THROWS_AS(cache.reserve(static_cast<std::size_t>(-1)), std::length_error);
    CHECK(cache.length() == 65);
    CHECK_NOTHROW(cache.reserve(35));
}

TEST_CASE("a cache of codes takes their bits, a scale for each token and part, and i3 its first token's fourth bits") {
    const auto bytes = [](KvType type) { return KvFormat(type, 128).bytes(); };
    constexpr std::size_t numbers = 2 * 128 * 64, scales = 2 * 64 * sizeof(float);
    CHECK(bytes(KvType::f32) == numbers * 4);
    CHECK(bytes(KvType::f16) == numbers * 2);
    CHECK(bytes(KvType::i8) == numbers + scales);
    CHECK(bytes(KvType::i4) == numbers / 2 + scales);
    CHECK(bytes(KvType::i3) == numbers * 3 / 8 + scales + 2 * 128 / 8);
}

TEST_CASE("what comes after a truncation replaces what was there") {
    const Config config = small_config(2, 1, 16);
    const KvType type = GENERATE(KvType::f32, KvType::f16, KvType::i8, KvType::i4, KvType::i3);
    const std::size_t kept = GENERATE(0, 1, 63, 64, 65, 100);
    ternion::ThreadPool threads(1);
    KvCache cache(config, 200, type), fresh(config, 200, type);
    for (KvCache* each : {&cache, &fresh}) {
        add(*each, config, kept, 1, threads);
        if (each == &cache) {
            add(*each, config, 90, 2, threads);
            each->truncate(kept);
            CHECK(each->length() == kept);
        }
        add(*each, config, 50, 3, threads);
    }
    std::vector<float> a(cache.format().value_floats()), b(cache.format().value_floats());
    for (std::size_t t = 0; t < kept + 50; ++t) {
        const float* keys = keys_of(cache.format(), cache.at(1, 0, t / 64), a.data());
        const float* others = keys_of(fresh.format(), fresh.at(1, 0, t / 64), b.data());
        for (std::size_t d = 0; d < 16; ++d)
            REQUIRE(keys[d * 64 + t % 64] == others[d * 64 + t % 64]);
    }
    cache.truncate(1000);
    CHECK(cache.length() == kept + 50);
}

}  // namespace
