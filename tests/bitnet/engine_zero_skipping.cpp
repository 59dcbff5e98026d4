// What zeros make useless isn't read, and the results are those of all weights, in every bit.
#include <algorithm>
#include <bitnet/engine.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cli_program.hpp"
#include "decoder_fixture.hpp"
#include "engine/model_state.hpp"
#include "engine_fixture.hpp"
#include "files/synth.hpp"
#include "files_fixture.hpp"
#include "model/zero_skipping.hpp"

namespace {

using namespace bitnet;
using namespace bitnet_tests;

using Logits = std::vector<float>;

bool skips(const Model& model) {
    return model.state()->weights.skips_zeros;
}

/// Logits after each of some steps: two prompts, then runs of 1 to 9 tokens, and runs of both sequences together.
std::vector<Logits> logits_of(const Model& model) {
    std::vector<Logits> all;
    Session a(model), b(model);
    int next = 7;
    const auto tokens = [&](std::size_t count) {
        std::vector<int> some(count);
        for (int& id : some)
            id = (next = next * 31 % 449);
        return some;
    };
    const auto keep = [&](Session& session) { all.emplace_back(session.logits().begin(), session.logits().end()); };
    a.append(tokens(20));
    b.append(tokens(3));
    for (std::size_t count = 1; count <= 9; ++count) {
        a.append(tokens(count));
        keep(a);
        const auto for_a = tokens(1), for_b = tokens(count % 4 + 1);
        append_together(std::vector<Step>{{&a, for_a}, {&b, for_b}});
        keep(a);
        keep(b);
    }
    return all;
}

void check_same(LoadOptions options, const std::string& path) {
    for (const int threads : {1, 2, 3}) {
        CAPTURE(path, threads);
        options.threads = threads;
        options.skip_zeros = true;
        const Model skipping = load_model(path, options);
        options.skip_zeros = false;
        const Model dense = load_model(path, options);
        CHECK(skips(skipping));
        CHECK_FALSE(skips(dense));
        const bool same = logits_of(skipping) == logits_of(dense);
        CHECK(same);
    }
}

TEST_CASE("models with squared ReLU give the same logits without zeros and with them, on every instruction set") {
    for (const std::string& isa : known_isa_names())
        for (const std::string& model : {tiny_model, shipped_model})
            check_same({.isa = isa}, model);
}

TEST_CASE("so do models of full width, with few zeros and with nearly nothing else") {
    const double share = GENERATE(0.03, 0.5, 0.8, 0.99);
    const TemporaryFolder folder;
    SynthOptions options;
    options.output = folder / "model";
    options.layers = 1;
    options.sizes.vocab = 600;
    options.ffn_zeros = share;
    synthesize(options);
    check_same({.tokenizer = false}, folder / "model");
}

TEST_CASE("other activations than squared ReLU, and inputs without one scale, skip nothing") {
    CHECK(skips(load_model(tiny_model, {.activations = ActivationType::int8})));
    for (const auto type : {ActivationType::int8_64, ActivationType::int8_128, ActivationType::floats})
        CHECK_FALSE(skips(load_model(tiny_model, {.activations = type})));
    CHECK_FALSE(skips(load_random_model("125M", {.context = 1})));
}

struct Up {
    explicit Up(std::size_t n, std::size_t k, float scale = 1, std::size_t tokens = 2)
        : weights(pack_as(find_kernels().ternary->packing("i2_s"), trits(n * k), n, k, scale)) {
        const auto quantizer = ternion::AnyQuantizer(find_kernels().ternary->quantizer("absmax8"));
        ternion::quantize(quantizer, random_floats(tokens * k, 1), tokens, k, x);
        skipping.resize(n);
    }
    static std::vector<std::int8_t> trits(std::size_t count) {
        std::vector<std::int8_t> made;
        for (const float number : random_floats(count, 5, 1.5F))
            made.push_back(static_cast<std::int8_t>(std::lround(number)));
        return made;
    }
    std::vector<float> dense(const std::vector<float>& gate) const {
        std::vector<float> out(gate.size());
        weights.multiply(x.quantized(), {0, weights.rows()}, ternion::Output<float>{out.data(), weights.rows()});
        return out;
    }
    std::vector<float> skipped(const std::vector<float>& gate, ternion::RowRange rows) {
        std::vector<float> out(gate.size(), 77);
        skipping.multiply_up(weights, x.quantized(), rows, gate, out);
        return out;
    }

    ternion::AnyTernary weights;
    ternion::AnyActivations x;
    ZeroSkipping skipping;
};

TEST_CASE("up is computed where some token's gate is above zero or no number, and nowhere else") {
    constexpr std::size_t n = 100;
    Up up(n, 128);
    std::vector<float> gate(2 * n, -1);
    gate[3] = 1e-30F;
    gate[n + 50] = 2;
    gate[60] = std::numeric_limits<float>::quiet_NaN();
    gate[61] = 0;
    gate[n + 62] = -0.0F;
    gate[99] = 1;  // outside of the rows that are asked for
    const auto all = up.dense(gate), some = up.skipped(gate, {2, 90});
    for (std::size_t t = 0; t < 2; ++t) {
        for (std::size_t row = 0; row < n; ++row) {
            CAPTURE(t, row);
            const bool needed = row == 3 || row == 50 || row == 60, asked = row >= 2 && row < 90;
            CHECK(some[t * n + row] == (needed ? all[t * n + row] : asked ? 0 : 77));
        }
    }
}

TEST_CASE("tokens whose gates are above zero in other rows each get their own") {
    constexpr std::size_t n = 700, tokens = 4;
    Up up(n, 128, 1, tokens);
    std::vector<float> gate(tokens * n, -1);
    for (std::size_t row = 0; row < n; ++row)
        gate[row * 7 % tokens * n + row] = row % 3 == 0 ? 1.0F : 0.0F;
    const auto all = up.dense(gate), some = up.skipped(gate, {5, 650});
    for (std::size_t t = 0; t < tokens; ++t) {
        for (std::size_t row = 0; row < n; ++row) {
            CAPTURE(t, row);
            const float y = some[t * n + row];
            const bool asked = row >= 5 && row < 650;
            if (!asked) CHECK(y == 77);
            if (asked && gate[t * n + row] > 0) CHECK(y == all[t * n + row]);
            CHECK(std::isfinite(y));
        }
    }
}

TEST_CASE("where nearly all gates are above zero, or outputs may be infinite, up is computed as a whole") {
    constexpr std::size_t n = 100;
    Up up(n, 128), large(n, 128, 1e38F);
    std::vector<float> few(2 * n, 1), many(2 * n, -1);
    std::fill_n(few.begin(), 5, -1.0F);
    CHECK(up.skipped(few, {0, n}) == up.dense(few));
    CHECK(large.skipped(many, {0, n}) == large.dense(many));
    CHECK(std::ranges::any_of(large.dense(many), [](float y) { return std::isinf(y); }));
}

TEST_CASE("cli: every command that runs a model takes --no-skip-zeros, and logits are the same") {
    for (const std::string command : {"chat", "complete", "logits", "perplexity", "score", "bench", "embed"})
        CHECK(run({command, "--help"}).out.find("--no-skip-zeros") != std::string::npos);
    if (run({"--help"}).out.find("\n  serve ") != std::string::npos)
        CHECK(run({"serve", "--help"}).out.find("--no-skip-zeros") != std::string::npos);
    const TemporaryFolder folder;
    for (const std::string option : {"--no-skip-zeros", "--no-mmap"}) {
        REQUIRE(run({"logits", "-m", shipped_model, "--tokens", "1,2,3", "--output", folder / option, option}).status ==
                0);
    }
    CHECK(read_text(folder / "--no-skip-zeros") == read_text(folder / "--no-mmap"));
}

}  // namespace
