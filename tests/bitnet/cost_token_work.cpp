// Counts worked out by hand from the formulas of docs/energy.md, for a model that is small enough.
#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>

#include "cost/energy.hpp"
#include "cost/token_work.hpp"
#include "decoder_fixture.hpp"

namespace {

using namespace bitnet;
using enum Operation;
using Counts = std::vector<std::pair<Operation, double>>;

/// A byte for each weight, so that bytes are easily worked out.
const ternion::PackingInfo bytes_of_weights = [] {
    ternion::PackingInfo packing{};
    packing.bytes = [](ternion::Shape shape) noexcept { return shape.n * shape.k; };
    return packing;
}();

/// Two layers of 64 channels and 96 inner ones, four heads of 16 that share two keys, 100 tokens.
Config small() {
    Config config = bitnet_tests::small_config(4, 2, 16);
    config.vocab = 100;
    return config;
}

void check(const Work& work, const Counts& expected, double bytes) {
    Work all;
    all.bytes = bytes;
    for (const auto& [kind, count] : expected)
        all[kind] = count;
    CHECK(work.operations == all.operations);
    CHECK(work.bytes == all.bytes);
}

TokenWork of(const ModelForm& form, const Config& config = small(), KvType kv = KvType::f16, double keys = 10) {
    return token_work(config, form, KvFormat(kv, config.head_dim), keys);
}

TEST_CASE("cost: the work of a token, worked out by hand") {
    const TokenWork work = of({.packing = &bytes_of_weights});
    // Rows times inputs less one, and a scale for each row; the residual stream is added in floats.
    check(work[TokenPart::qkv], {{int32_add, 2 * (64 + 32 + 32) * 63}, {float32_mul, 2 * 128}}, 2 * 128 * 64);
    check(work[TokenPart::attention_output], {{int32_add, 2 * 64 * 63}, {float32_mul, 128}, {float32_add, 128}},
          2 * 64 * 64);
    check(work[TokenPart::gate_up], {{int32_add, 2 * 192 * 63}, {float32_mul, 2 * (192 + 2 * 96)}}, 2 * 192 * 64);
    check(work[TokenPart::down], {{int32_add, 2 * 64 * 95}, {float32_mul, 128}, {float32_add, 128}}, 2 * 64 * 96);
    // RoPE of 96 numbers, scores and values of 10 keys, 40 scores scaled; F16 values in rows of 64.
    check(work[TokenPart::attention], {{float32_mul, 2 * (192 + 1280 + 40 + 64)}, {float32_add, 2 * (96 + 1280 + 80)}},
          2 * 10 * 2 * 2 * (16 + 64));
    // Four norms a layer, of 64, 64, 64 and 96, a quantizer behind each, the last norm, and the embedding's row.
    check(work[TokenPart::norms], {{float32_mul, 2 * 4 * 288 + 3 * 64}, {float32_add, 2 * 288 + 64}},
          4 * (2 * 288 + 64) + 128);
    check(work[TokenPart::head], {{int8_mul, 2 * 6400}, {int32_add, 100 * 127}}, 100 * (64 + 12));
    check(of({.packing = &bytes_of_weights, .screened_head = false})[TokenPart::head],
          {{float32_mul, 6400}, {float32_add, 6300}}, 2 * 6400);
    Work all;
    for (const Work& part : work.parts)
        all += part;
    CHECK(work.total().operations == all.operations);
    CHECK(work.total().bytes == all.bytes);
}

TEST_CASE("cost: scales of groups, narrow sums, int8 and F16 change what they should") {
    const TokenWork groups = of({.packing = &bytes_of_weights, .group_inputs = 32});
    check(groups[TokenPart::qkv], {{int32_add, 2 * 128 * 63}, {float32_mul, 2 * 256}, {float32_add, 2 * 128}},
          2 * (128 * 64 + 2 * 256));
    CHECK(of({.packing = &bytes_of_weights, .group_inputs = 32, .scale_bytes = 4})[TokenPart::qkv].bytes ==
          2 * (128 * 64 + 4 * 256));
    const TokenWork narrow = of({.packing = &bytes_of_weights, .sum = int8_add});
    check(narrow[TokenPart::qkv], {{int8_add, 2 * 128 * 63}, {float32_mul, 2 * 128}}, 2 * 128 * 64);
    const TokenWork int8 = of({.weights = ModelForm::Weights::int8});
    check(int8[TokenPart::qkv], {{int8_mul, 2 * 8192}, {int32_add, 2 * 128 * 63}, {float32_mul, 2 * 128}},
          2 * (8192 + 4 * 128));
    check(int8[TokenPart::head], {{int8_mul, 6400}, {int32_add, 6300}, {float32_mul, 100}}, 6400 + 400);
    const TokenWork halves = of({.weights = ModelForm::Weights::float16});
    check(halves[TokenPart::qkv], {{float16_mul, 2 * 8192}, {float16_add, 2 * 128 * 63}}, 2 * 2 * 8192);
    check(halves[TokenPart::norms], {{float32_mul, 2 * 3 * 288 + 3 * 64}, {float32_add, 2 * 288 + 64}},
          4 * (2 * 288 + 64) + 128);
    CHECK(halves[TokenPart::attention].operations == int8[TokenPart::attention].operations);
}

TEST_CASE("cost: norms before each projection, norms of heads, and other KV caches") {
    Config config = small();
    config.sub_norms = false;
    config.projection_norms = true;
    config.qk_norms = true;
    const TokenWork work = of({.packing = &bytes_of_weights}, config);
    const double normed = 2 * 64 + 5 * 64 + 64 + 96, quantized = 5 * 64 + 64 + 96;  // in one layer
    check(work[TokenPart::norms],
          {{float32_mul, 2 * (3 * normed + quantized) + 3 * 64}, {float32_add, 2 * normed + 64}},
          4 * (2 * normed + 64) + 128);
    const TokenWork plain = of({.packing = &bytes_of_weights});
    const Work &with = work[TokenPart::attention], &without = plain[TokenPart::attention];
    CHECK(with[float32_mul] - without[float32_mul] == 2 * 3 * 96);
    CHECK(with[float32_add] - without[float32_add] == 2 * 96);
    CHECK(with.bytes - without.bytes == 2 * 4 * 2 * 16);
    const auto kv_bytes = [&](KvType type, double keys) {
        return of({.packing = &bytes_of_weights}, small(), type, keys)[TokenPart::attention].bytes;
    };
    CHECK(kv_bytes(KvType::f32, 10) == 2 * kv_bytes(KvType::f16, 10));
    CHECK(kv_bytes(KvType::f16, 15) == 1.5 * kv_bytes(KvType::f16, 10));
    CHECK(kv_bytes(KvType::i8, 10) < 0.6 * kv_bytes(KvType::f16, 10));
}

TEST_CASE("cost: energies are the published figures times the counts") {
    REQUIRE(technologies().size() == 2);
    const double published[2][operation_kinds] = {{0.03, 0.1, 0.4, 0.9, 0.2, 1.1, 3.7},
                                                  {0.007, 0.03, 0.16, 0.38, 0.07, 0.34, 1.31}};
    const Operation kinds[] = {int8_add, int32_add, float16_add, float32_add, int8_mul, float16_mul, float32_mul};
    for (std::size_t t = 0; t < 2; ++t) {
        Work work;
        work.bytes = 80;  // ten accesses
        double picojoules = 0;
        for (std::size_t i = 0; i < operation_kinds; ++i) {
            CHECK(technologies()[t].of(kinds[i]) == published[t][i]);
            work[kinds[i]] = static_cast<double>(i + 1);
            picojoules += static_cast<double>(i + 1) * published[t][i];
        }
        const Energy energy = estimate(work, technologies()[t]);
        CHECK(std::abs(energy.arithmetic - picojoules * 1e-12) < 1e-18);
        CHECK(std::abs(energy.dram_least - 13000e-12) < 1e-18);
        CHECK(std::abs(energy.dram_most - (t == 0 ? 26000e-12 : 13000e-12)) < 1e-18);
    }
}

}  // namespace
