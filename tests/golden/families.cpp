#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "golden.hpp"

namespace {

using namespace bitnet_tests;
using bitnet::ActivationType;

std::vector<float> logits_of(const std::string& path, const GoldenFamily& family, ActivationType activations,
                             int threads = 1) {
    return Loaded(bitnet::open_model(path), threads, activations).logits(family.tokens, family.tokens.size());
}

}  // namespace

TEST_CASE("every golden model of every family gives its logits with every kind of activations") {
    std::size_t models = 0, compared = 0;
    for (const GoldenFamily& family : read_golden_families()) {
        for (const std::string& path : family.models) {
            ++models;
            for (const GoldenFamily::Mode& mode : family.modes) {
                INFO(path << ", " << mode.name);
                CHECK(relative_rms<double>(logits_of(path, family, mode.activations), mode.logits) <= 1e-5);
                ++compared;
            }
        }
    }
    CHECK(models == 22);
    CHECK(compared == 37);
}

TEST_CASE("by themselves models compute with the activations that they were trained with") {
    std::size_t by_token = 0, by_64 = 0;
    for (const GoldenFamily& family : read_golden_families()) {
        const bool token = family.has_mode("int8-token");
        const GoldenFamily::Mode& mode = family.mode(token ? "int8-token" : "int8-64");
        ++(token ? by_token : by_64);
        for (const std::string& path : family.models) {
            INFO(path);
            CHECK((logits_of(path, family, ActivationType::automatic) == logits_of(path, family, mode.activations)));
        }
    }
    CHECK(by_token == 7);
    CHECK(by_64 == 4);
}

TEST_CASE("each family gives the same bits at any number of threads, and from all of its files") {
    for (const GoldenFamily& family : read_golden_families()) {
        for (const GoldenFamily::Mode& mode : family.modes) {
            const std::vector<float> first = logits_of(family.models.front(), family, mode.activations);
            for (const std::string& path : family.models) {
                INFO(path << ", " << mode.name);
                const std::vector<float> one = logits_of(path, family, mode.activations);
                // A GGUF file of this one holds divisors of RoPE's frequencies, as floats.
                CHECK((one == first || family.name == "llama-rope3"));
                for (const int threads : {2, 3})
                    CHECK((logits_of(path, family, mode.activations, threads) == one));
            }
        }
    }
}

TEST_CASE("tokens of each family in batches give what they give all at once") {
    for (const GoldenFamily& family : read_golden_families()) {
        Loaded model(family.models.front(), 2);
        const std::vector<float> at_once = model.logits(family.tokens, family.tokens.size());
        for (const std::size_t batch : {1, 2, 3, 5}) {
            INFO(family.models.front() << ", batches of " << batch);
            CHECK(relative_rms<float>(model.logits(family.tokens, batch), at_once) <= 1e-6);
        }
    }
}

TEST_CASE("an embedding model's vector is the last token's hidden state, normalised") {
    const auto families = read_golden_families();
    const std::vector<double> expected = read_doubles(golden_families + "/bitnet-embedding.vector.f64");
    std::size_t models = 0;
    for (const GoldenFamily& family : families) {
        if (family.name != "bitnet-embedding") continue;
        for (const std::string& path : family.models) {
            INFO(path);
            Loaded model(path, 2);
            bitnet::Decoder decoder(model.weights, model.threads);
            bitnet::KvCache cache(model.weights.config, family.tokens.size(), bitnet::KvType::f32);
            decoder.forward(family.tokens, cache);
            const auto last = decoder.hidden().last(model.weights.config.hidden);
            double squares = 0;
            for (const float x : last)
                squares += static_cast<double>(x) * static_cast<double>(x);
            std::vector<float> vector(last.begin(), last.end());
            for (float& x : vector)
                x = static_cast<float>(static_cast<double>(x) / std::sqrt(squares));
            CHECK(relative_rms<double>(vector, expected) <= 1e-5);
            ++models;
        }
    }
    CHECK(models == 2);
}
