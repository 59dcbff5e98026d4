#include <algorithm>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "compute/kernels.hpp"
#include "model/decoder.hpp"

namespace {

using namespace bitnet;

/// The tokens and their logits in double, from an independent implementation.
struct Golden {
    std::vector<int> tokens;
    std::vector<double> logits;
};

Golden read_golden() {
    std::ifstream description(TESTS_DIR "/golden/tiny-bitnet.json");
    Golden golden;
    golden.tokens = nlohmann::json::parse(description).at("tokens").get<std::vector<int>>();
    std::ifstream file(TESTS_DIR "/golden/tiny-bitnet.logits.f64", std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    golden.logits.resize(bytes.size() / sizeof(double));
    std::memcpy(golden.logits.data(), bytes.data(), golden.logits.size() * sizeof(double));
    return golden;
}

/// Root of the mean squared difference, relative to that of the expected values.
template <class Expected>
double relative_rms(std::span<const float> found, std::span<const Expected> expected) {
    REQUIRE(found.size() == expected.size());
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double e = static_cast<double>(expected[i]);
        difference += (static_cast<double>(found[i]) - e) * (static_cast<double>(found[i]) - e);
        norm += e * e;
    }
    return std::sqrt(difference / norm);
}

/// A golden model in memory, at a number of threads.
struct Loaded {
    Loaded(const std::string& path, int count, bool use_mmap = true)
        : source(open_model(path, use_mmap)), threads(count), weights(load_weights(*source, find_kernels(), threads)) {}

    /// Logits [tokens, vocab], the tokens being fed `batch` at a time.
    std::vector<float> logits(std::span<const int> tokens, std::size_t batch, KvType type = KvType::f32) {
        Decoder decoder(weights, threads);
        KvCache cache(weights.config, tokens.size(), type);
        const std::size_t vocab = weights.config.vocab;
        std::vector<float> all(tokens.size() * vocab);
        for (std::size_t i = 0; i < tokens.size(); i += batch) {
            const std::size_t count = std::min(batch, tokens.size() - i);
            decoder.forward(tokens.subspan(i, count), cache);
            decoder.logits(0, count, std::span(all).subspan(i * vocab, count * vocab));
        }
        return all;
    }

    std::unique_ptr<ModelSource> source;
    ternion::ThreadPool threads;
    Weights weights;
};

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
