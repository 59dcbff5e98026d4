#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "golden.hpp"

namespace {

using namespace bitnet_tests;
using bitnet::KvType;

/// The tokens and their logits in double, from an independent implementation.
struct Golden {
    std::vector<int> tokens;
    std::vector<double> logits;
};

Golden read_golden() {
    const auto description = nlohmann::json::parse(read_text(TESTS_DIR "/golden/tiny-bitnet.json"));
    return {description.at("tokens").get<std::vector<int>>(), read_doubles(TESTS_DIR "/golden/tiny-bitnet.logits.f64")};
}

const std::string gguf = TESTS_DIR "/golden/tiny-bitnet.gguf";
const std::string folder = TESTS_DIR "/golden/tiny-bitnet-hf";

TEST_CASE("the golden logits come out of both formats, with the same bits at any number of threads") {
    const Golden golden = read_golden();
    REQUIRE(golden.tokens.size() == 10);
    REQUIRE(golden.logits.size() == 10 * 528);
    const std::vector<float> one = Loaded(gguf, 1).logits(golden.tokens, 10);
    CHECK(relative_rms<double>(one, golden.logits) <= 1e-5);

    const std::string path = GENERATE(gguf, folder);
    const int threads = GENERATE(1, 2, 3);
    INFO(path << ", " << threads << " threads");
    CHECK(Loaded(path, threads).logits(golden.tokens, 10) == one);
}

TEST_CASE("a model read into memory gives the same bits as a mapped one") {
    const Golden golden = read_golden();
    CHECK(Loaded(gguf, 2, false).logits(golden.tokens, 10) == Loaded(gguf, 2, true).logits(golden.tokens, 10));
}

TEST_CASE("tokens one by one, or in any batches, give what they give all at once") {
    const Golden golden = read_golden();
    Loaded model(gguf, 2);
    const std::vector<float> at_once = model.logits(golden.tokens, 10);
    const std::size_t batch = GENERATE(1, 2, 3, 7);
    INFO("batches of " << batch);
    CHECK(relative_rms<float>(model.logits(golden.tokens, batch), at_once) <= 1e-6);
}

TEST_CASE("an F16 cache changes logits by no more than a few flipped codes") {
    const Golden golden = read_golden();
    const std::vector<float> logits = Loaded(gguf, 2).logits(golden.tokens, 10, KvType::f16);
    CHECK(relative_rms<double>(logits, golden.logits) <= 0.1);
    // The first token attends to itself alone, and its rounded value decides.
    CHECK(relative_rms<double>(std::span(logits).first(528), std::span(golden.logits).first(528)) > 0);
}

}  // namespace
