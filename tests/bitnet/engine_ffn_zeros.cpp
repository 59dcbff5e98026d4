#include <algorithm>
#include <bitnet/engine.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "compute/kernels.hpp"
#include "engine_fixture.hpp"
#include "files/named_sizes.hpp"
#include "files/synth.hpp"
#include "files_fixture.hpp"
#include "model/zero_counts.hpp"

namespace {

using namespace bitnet;
using namespace bitnet_tests;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

SynthOptions small(const std::string& output) {
    SynthOptions options;
    options.output = output;
    options.sizes = {.layers = 5,
                     .hidden = 512,
                     .ffn = 1280,
                     .heads = 4,
                     .kv_heads = 2,
                     .head_dim = 128,
                     .vocab = 600,
                     .context = 128};
    return options;
}

std::vector<int> some_tokens(std::size_t count) {
    std::vector<int> tokens(count);
    for (std::size_t i = 0; i < count; ++i)
        tokens[i] = static_cast<int>(i * i * 31 % 500);
    return tokens;
}

TEST_CASE("a synthetic model has the share of zeros that was asked for, in every layer and for any token") {
    const double share = GENERATE(0.1, 0.5, 0.6, 0.8, 0.97);
    const bool repeating = GENERATE(false, true);
    const TemporaryFolder folder;
    SynthOptions options = small(folder / "model");
    options.ffn_zeros = share;
    options.repeating = repeating;
    synthesize(options);
    const Model model = load_model(folder / "model", {.threads = 2, .tokenizer = false});
    for (const std::size_t count : {1, 64}) {
        const auto layers = ffn_zeros(model, some_tokens(count));
        REQUIRE(layers.size() == 5);
        for (const FfnZeros& layer : layers) {
            CHECK_THAT(layer.gate, WithinAbs(share, count == 1 ? 0.06 : 0.03));
            CHECK(layer.down > layer.gate - 0.001);
            CHECK(layer.down < 1);
        }
    }
}

TEST_CASE("without a share, gates are zero half the time") {
    const TemporaryFolder folder;
    synthesize(small(folder / "model"));
    const Model model = load_model(folder / "model", {.threads = 1, .tokenizer = false});
    for (const FfnZeros& layer : ffn_zeros(model, some_tokens(64)))
        CHECK_THAT(layer.gate, WithinAbs(0.5, 0.03));
}

TEST_CASE("a share of zeros that no model can have is refused, and nothing is written") {
    const TemporaryFolder folder;
    const auto refused = [&](double share, const char* family, std::size_t hidden) {
        SynthOptions options = small(folder / "model");
        options.ffn_zeros = share;
        options.family = find_family(family);
        options.sizes.hidden = hidden;
        options.sizes = with_sizes(options.family->config(), options.sizes);
        return refusal([&] { synthesize(options); });
    };
    for (const double share : {0.0, 1.0, -0.5, std::nan("")})
        CHECK_THAT(refused(share, "bitnet", 512), ContainsSubstring("expected a number between 0 and 1, found"));
    CHECK_THAT(refused(0.8, "llama", 512),
               ContainsSubstring("squared ReLU and sub-norms, such as bitnet, found llama"));
    CHECK_THAT(refused(0.8, "bitnet-silu", 512), ContainsSubstring("found bitnet-silu"));
    CHECK_THAT(refused(0.8, "bitnet", 128), ContainsSubstring("a multiple of 128 and at least 256, found 128"));
    CHECK_THAT(refused(0.8, "bitnet", 320), ContainsSubstring("found 320"));
    CHECK(folder.entries() == 0);
}

TEST_CASE("gates count as zero where their activation makes them so, NaN never, and padding isn't counted") {
    const std::vector<float> gates = {0, -0.0F, -1, 1, std::nanf("")};
    ZeroCounts relu, silu;
    relu.add_gates(Activation::squared_relu, gates);
    silu.add_gates(Activation::silu, gates);
    CHECK((relu.gate == 3 && silu.gate == 2 && relu.values == 5));
    ternion::AnyActivations x;
    ternion::quantize(ternion::AnyQuantizer(find_kernels().ternary->quantizer("absmax8")),
                      std::vector<float>{1, 0, 1e-9F, -1, 0.5F, 0}, 2, 3, x);
    relu.add_inputs(x);
    CHECK(relu.down == 3);
}

TEST_CASE("the zeros of a text are the same in whatever batches and on however many threads it is read") {
    const std::vector<int> tokens = some_tokens(50);
    const auto of = [&](int threads, std::size_t batch) {
        const Model model = load_model(tiny_model, {.threads = threads, .batch = batch});
        std::vector<double> all;
        for (const FfnZeros& layer : ffn_zeros(model, tokens)) {
            all.push_back(layer.gate);
            all.push_back(layer.down);
        }
        return all;
    };
    const auto all = of(1, 256);
    CHECK(std::ranges::all_of(all, [](double share) { return share > 0.1 && share < 1; }));
    CHECK(of(2, 7) == all);
    const Model model = load_model(tiny_model, {.threads = 1});
    CHECK_THROWS_AS(ffn_zeros(model, {}), std::invalid_argument);
    CHECK_THROWS_AS(ffn_zeros(model, std::vector<int>{528}), std::invalid_argument);
    CHECK_THROWS_AS(ffn_zeros(model, std::vector<int>(513)), PromptTooLong);
}

}  // namespace
