#include "files/synth.hpp"

#include <cmath>

#include "files/gguf_source.hpp"
#include "files_fixture.hpp"

using namespace bitnet_tests;
using Catch::Matchers::ContainsSubstring;

namespace {

bitnet::SynthOptions small(const std::string& output) {
    bitnet::SynthOptions options;
    options.output = output;
    options.layers = 2;
    options.sizes = {.layers = 0,
                     .hidden = 256,
                     .ffn = 640,
                     .heads = 4,
                     .kv_heads = 2,
                     .head_dim = 64,
                     .vocab = 600,
                     .context = 128};
    return options;
}

}  // namespace

TEST_CASE("a synthetic model has the shapes and the statistics that were asked for") {
    const TemporaryFolder folder;
    auto options = small(folder / "synth.gguf");
    std::uint64_t last = 0, total = 0;
    options.progress = [&](std::uint64_t done, std::uint64_t all) {
        CHECK(done > last);
        last = done;
        total = all;
    };
    bitnet::synthesize(options);
    CHECK(last == total);

    const auto source = bitnet::open_model(options.output);
    CHECK(dynamic_cast<const bitnet::GgufSource&>(*source).gguf().tensors().size() == 2 + 11 * 2);
    const bitnet::Config config = source->config();
    CHECK(config.layers == 2);
    CHECK(config.hidden == 256);
    CHECK(config.ffn == 640);
    CHECK(config.vocab == 600);

    const auto down = source->ternary("blk.1.ffn_down.weight");
    REQUIRE(down.rows() == 256);
    REQUIRE(down.cols() == 640);
    std::vector<std::int8_t> trits(256 * 640);
    down.read(0, 256, trits);
    const auto share = [&](int trit) { return static_cast<double>(std::ranges::count(trits, trit)) / (256 * 640); };
    CHECK(std::abs(share(0) - 0.375) < 0.01);
    CHECK(std::abs(share(1) - 0.3125) < 0.01);
    CHECK(std::abs(down.scale() * std::sqrt(0.625 * 640) - 1) < 1e-6);
    CHECK(source->ternary("blk.0.attn_k.weight").rows() == 128);

    std::vector<float> embedding(600 * 256), norm(640);
    source->dense("token_embd.weight").read(0, embedding);
    double squares = 0;
    for (const float x : embedding)
        squares += static_cast<double>(x * x);
    CHECK(std::abs(std::sqrt(squares / 153600) - 0.04) < 0.002);
    source->dense("blk.0.ffn_sub_norm.weight").read(0, norm);
    CHECK(std::ranges::all_of(norm, [](float x) { return x > 0.89F && x < 1.11F; }));

    const bitnet::Tokenizer tokenizer = bitnet::load_tokenizer(*source);
    CHECK(tokenizer.size() == 600);
    CHECK(tokenizer.encode("[300] hi").size() == 8);
    CHECK(tokenizer.piece(300) == "[300]");
    CHECK(tokenizer.bos() == 344);
    CHECK(tokenizer.eos() == 345);
    CHECK(tokenizer.special("<|eot_id|>") == 353);
}

TEST_CASE("the sizes of a full synthetic model are those of 2B4T") {
    CHECK(bitnet::SynthOptions().sizes.layers == 30);
    CHECK(bitnet::SynthOptions().sizes.hidden == 2560);
    CHECK(bitnet::SynthOptions().sizes.vocab == 128256);
}

TEST_CASE("a synthetic model depends on nothing but its options") {
    const TemporaryFolder folder;
    auto options = small(folder / "a");
    bitnet::synthesize(options);
    options.output = folder / "b";
    bitnet::synthesize(options);
    options.output = folder / "c";
    options.seed = 2;
    bitnet::synthesize(options);
    CHECK(read_text(folder / "a") == read_text(folder / "b"));
    CHECK(read_text(folder / "a") != read_text(folder / "c"));
}

TEST_CASE("a synthetic model that is given up or impossible leaves nothing behind") {
    const TemporaryFolder folder;
    auto options = small(folder / "out");
    options.progress = [](std::uint64_t, std::uint64_t) { throw std::runtime_error("given up"); };
    CHECK_THROWS(bitnet::synthesize(options));
    options.progress = nullptr;
    options.layers = 0;
    CHECK_THAT(refusal([&] { bitnet::synthesize(options); }), ContainsSubstring("impossible number of layers"));
    options.layers = 1;
    write_text(folder / "words", "this is no vocabulary\n");
    options.vocabulary = folder / "words";
    CHECK_THAT(refusal([&] { bitnet::synthesize(options); }), ContainsSubstring("words: expected a token in base64"));
    write_text(folder / "words", "IQ== 0\n");
    CHECK_THAT(refusal([&] { bitnet::synthesize(options); }),
               ContainsSubstring("words: expected a token for each byte"));
    CHECK(folder.entries() == 1);
}
