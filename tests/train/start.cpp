// A model that training goes on from: its master weights, whatever form it came in.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <ternion/ternion.hpp>
#include <train/run/export.hpp>
#include <train/run/start.hpp>

#include "files_fixture.hpp"
#include "gguf_edit.hpp"
#include "train_fixture.hpp"

namespace {

using namespace train;
using namespace train_tests;
using bitnet_tests::TemporaryFolder;

TEST_CASE("masters that are made anew give the same trits and scale") {
    Random random(4, 4);
    for (const int zeros : {0, 3, 9}) {
        std::vector<std::int8_t> trits(4096), found(4096);
        for (std::int8_t& trit : trits)
            trit = static_cast<std::int8_t>(random.below(10) < zeros ? 0 : random.one_in(2) ? 1 : -1);
        std::vector<float> masters(trits.size());
        masters_of(trits, 0.0321F, 7, masters);
        const float scale =
            zeros == 0 ? ternion::sign_quantize(masters, found) : ternion::absmean_quantize(masters, found);
        CHECK(found == trits);
        CHECK(std::fabs(scale / 0.0321F - 1) < 1e-6F);
        std::vector<std::int8_t> by_absmean(4096);
        ternion::absmean_quantize(masters, by_absmean);
        CHECK(by_absmean == trits);
    }
}

TEST_CASE("a model that training starts from computes what the decoder computes") {
    const Start start = read_start(bitnet_tests::golden_gguf);
    Recipe recipe;
    recipe.sizes = start.sizes;
    Network network(recipe);
    ternion::ThreadPool threads(1);
    network.update(start.weights, threads);
    const auto about = nlohmann::json::parse(bitnet_tests::read_text(TESTS_DIR "/golden/tiny-bitnet.json"));
    const auto tokens = about.at("tokens").get<std::vector<int>>();
    Batch batch;
    batch.add(tokens, std::vector<int>(tokens.size(), 0));
    Network::State state;
    network.forward(batch, state);
    const std::string golden = bitnet_tests::read_text(TESTS_DIR "/golden/tiny-bitnet.logits.f64");
    const Floats& found = network.logits(state);
    REQUIRE(golden.size() == static_cast<std::size_t>(found.size()) * sizeof(double));
    double difference = 0, size = 0;
    for (Eigen::Index i = 0; i < found.size(); ++i) {
        double wanted = 0;
        std::memcpy(&wanted, golden.data() + static_cast<std::size_t>(i) * sizeof wanted, sizeof wanted);
        difference += std::pow(static_cast<double>(found.data()[i]) - wanted, 2);
        size += wanted * wanted;
    }
    CHECK(std::sqrt(difference / size) < 1e-5);
}

TEST_CASE("master weights that were written are what training goes on from") {
    const TemporaryFolder folder;
    const Recipe recipe = with_vocabulary(small_recipe());
    ternion::ThreadPool threads(2);
    DialogueRun run(recipe, threads);
    run.trainer.step();
    const auto weights = run.trainer.state()[0];
    export_masters(folder / "masters.gguf", "test", recipe, run.trainer.network(), weights, dialogue_vocabulary());
    const Start start = read_start(folder / "masters.gguf");
    const Layout& layout = run.trainer.network().layout();
    for (const Layout::Piece& piece : layout.pieces()) {
        if (piece.tensor.kind == bitnet::TensorKind::embedding) continue;  // in float16
        INFO(piece.tensor.name);
        CHECK(std::ranges::equal(std::span(start.weights).subspan(piece.offset, piece.size()),
                                 weights.subspan(piece.offset, piece.size())));
    }
    CHECK(start.vocabulary.size() == recipe.sizes.vocab);
}

TEST_CASE("a model with a weight that is no number is refused, before a loss is none") {
    const TemporaryFolder folder;
    bitnet_tests::EditableGguf file(bitnet_tests::read_text(bitnet_tests::golden_gguf));
    file.tensor("blk.1.ffn_norm.weight").bytes.replace(0, 4, std::string("\0\0\xc0\x7f", 4));
    bitnet_tests::write_text(folder / "model.gguf", file.text());
    CHECK_THROWS_WITH(
        read_start(folder / "model.gguf"),
        Catch::Matchers::ContainsSubstring("expected finite numbers in blk.1.ffn_norm.weight, found NaN"));
}

TEST_CASE("float weights with a scale beside them are trits times it, or refused, as by the decoder") {
    const TemporaryFolder folder;
    bitnet_tests::EditableGguf file(bitnet_tests::read_text(TESTS_DIR "/golden/refuse/scale-beside-f16.gguf"));
    bitnet_tests::write_text(folder / "model.gguf", file.text());
    CHECK_NOTHROW(read_start(folder / "model.gguf"));
    file.tensor("blk.0.attn_q.weight").bytes.replace(0, 2, "\x55\x35");  // none of three numbers
    bitnet_tests::write_text(folder / "model.gguf", file.text());
    CHECK_THROWS_WITH(read_start(folder / "model.gguf"),
                      Catch::Matchers::ContainsSubstring("ternary weights in tensor \"blk.0.attn_q.weight\""));
}

}  // namespace
