#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <stdexcept>

#include "compute/elementwise.hpp"
#include "files_fixture.hpp"
#include "head/likeliest.hpp"
#include "model/decoder.hpp"

namespace {

using namespace bitnet;
using bitnet_tests::golden_gguf;
using Catch::Matchers::Message;

TEST_CASE("a token that doesn't exist, one too many, or one given up between layers changes nothing") {
    const auto source = open_model(golden_gguf);
    ternion::ThreadPool threads(2);
    const Weights weights = load_weights(*source, find_kernels(), threads);
    Decoder decoder(weights, threads);
    KvCache cache(weights.config, 4, KvType::f32);
    CHECK_THROWS_AS(decoder.logits(), std::out_of_range);
    const std::vector<int> good = {1, 2, 3};
    decoder.forward(good, cache);
    for (const int bad : {-1, 528, 1 << 30}) {
        const std::vector<int> tokens = {1, bad};
        CHECK_THROWS_MATCHES(decoder.forward({&bad, 1}, cache), std::invalid_argument,
                             Message("token out of range: expected 0 to 527, found " + std::to_string(bad)));
    }
    CHECK_THROWS_AS(decoder.forward(std::vector<int>{4, 5}, cache), std::length_error);
    const int next = 4;
    const auto give_up = [layer = 0]() mutable {
        if (++layer == 2) throw std::runtime_error("enough");
    };
    CHECK_THROWS_MATCHES(decoder.forward({&next, 1}, cache, give_up), std::runtime_error, Message("enough"));
    CHECK(cache.length() == 3);

    decoder.forward({&next, 1}, cache);
    const auto found = decoder.logits();
    Decoder other(weights, threads);
    KvCache fresh(weights.config, 4, KvType::f32);
    other.forward(good, fresh);
    other.forward({&next, 1}, fresh);
    CHECK(std::ranges::equal(found, other.logits()));
    CHECK_THROWS_AS(decoder.logits(0, 2, {}), std::out_of_range);
}

/// Logits after each token, fed in steps of these sizes.
std::vector<float> logits_in_steps(const Weights& weights, ternion::ThreadPool& threads, const std::vector<int>& tokens,
                                   std::size_t first, std::size_t step) {
    Decoder decoder(weights, threads);
    KvCache cache(weights.config, tokens.size(), KvType::f16);
    std::vector<float> all;
    for (std::size_t i = 0; i < tokens.size();) {
        const std::size_t count = i == 0 ? first : std::min(step, tokens.size() - i);
        decoder.forward(std::span(tokens).subspan(i, count), cache);
        Likeliest likeliest(weights.head(), nullptr, Decoder::kept_rows);
        likeliest.reset(decoder.hidden());
        for (std::size_t t = i == 0 ? count : 0; t < count; ++t) {
            for (const Candidate& c : likeliest.after(t, 0, {}, threads))
                all.push_back(c.logit);
        }
        i += count;
    }
    return all;
}

TEST_CASE("tokens at once give the bits of one by one, however many and wherever they begin") {
    const auto source = open_model(golden_gguf);
    ternion::ThreadPool threads(2);
    const Weights weights = load_weights(*source, find_kernels(), threads);
    const std::size_t first = GENERATE(1, 60, 250);
    std::vector<int> tokens(first + 200);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        tokens[i] = static_cast<int>(i * i * 37 % 528);
    const auto one_by_one = logits_in_steps(weights, threads, tokens, first, 1);
    for (const std::size_t step : {2, 3, 5, 8, 9, 17, 64, 70, 200})
        CHECK(logits_in_steps(weights, threads, tokens, first, step) == one_by_one);
}

TEST_CASE("several sequences at once give what each gives alone") {
    const auto source = open_model(golden_gguf);
    ternion::ThreadPool threads(2);
    const Weights weights = load_weights(*source, find_kernels(), threads);
    const std::vector<std::vector<int>> sequences = {{1, 2, 3}, {4}, {5, 6, 7, 8, 9}, {}};
    const std::vector<int> next = {10, 11, 12, 13};
    Decoder together(weights, threads), alone(weights, threads);
    std::vector<KvCache> caches(4, KvCache(weights.config, 16, KvType::f32));
    std::vector<KvCache> others = caches;
    std::vector<Sequence> at_once, steps;
    for (std::size_t i = 0; i < 4; ++i) {
        at_once.push_back({sequences[i], &caches[i]});
        steps.push_back({std::span(next).subspan(i, 1), &caches[i]});
    }
    together.forward(at_once);
    together.forward(steps);
    Likeliest likeliest(weights.head(), nullptr, Decoder::kept_rows);
    likeliest.reset(together.hidden());
    for (std::size_t i = 0; i < 4; ++i) {
        alone.forward(sequences[i], others[i]);
        alone.forward(steps[i].tokens, others[i]);
        CHECK(caches[i].length() == sequences[i].size() + 1);
        const auto same_logit = [](const Candidate& c, float logit) { return c.logit == logit; };
        CHECK(std::ranges::equal(likeliest.after(i, 0, {}, threads), alone.logits(), same_logit));
    }
    at_once[1].cache = &caches[0];
    CHECK_THROWS_AS(together.forward(at_once), std::invalid_argument);
    steps[2].tokens = std::span(next);
    others.assign(4, KvCache(weights.config, 3, KvType::f32));
    for (std::size_t i = 0; i < 4; ++i)
        steps[i].cache = &others[i];
    CHECK_THROWS_AS(together.forward(steps), std::length_error);
    for (const KvCache& cache : others)
        CHECK(cache.length() == 0);
}

TEST_CASE("loading says how far it is") {
    const auto source = open_model(golden_gguf);
    ternion::ThreadPool threads(1);
    std::vector<std::size_t> steps;
    load_weights(*source, find_kernels(), threads, [&](std::size_t done, std::size_t total) {
        steps.push_back(done);
        CHECK(total == 3);
    });
    CHECK(steps == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("impossible sizes are refused by name") {
    const auto refused = [](auto&& change) {
        Config config = config_2b4t;
        change(config);
        return bitnet_tests::refusal([&] { config.validate("FILE"); });
    };
    CHECK(refused([](Config&) {}).empty());
    CHECK(refused([](Config& c) { c.layers = 0; }) == "FILE: impossible number of layers: expected 1 to 4096, found 0");
    CHECK(refused([](Config& c) { c.hidden = std::size_t{1} << 40; }).starts_with("FILE: impossible hidden size"));
    CHECK(refused([](Config& c) { c.ffn = 0; }).starts_with("FILE: impossible feed-forward size"));
    CHECK(refused([](Config& c) { c.vocab = 0; }).starts_with("FILE: impossible vocabulary size"));
    CHECK(refused([](Config& c) { c.context = 0; }).starts_with("FILE: impossible context length"));
    CHECK(refused([](Config& c) { c.kv_heads = 3; }) ==
          "FILE: impossible number of key/value heads: expected a divisor of 20 heads, found 3");
    CHECK(refused([](Config& c) { c.head_dim = 127; }) ==
          "FILE: impossible head size: expected an even number (RoPE rotates pairs), found 127");
    CHECK(refused([](Config& c) { c.heads = c.kv_heads = c.head_dim = 4096; }).starts_with("FILE: impossible heads"));
    CHECK(refused([](Config& c) { c.norm_eps = 0; }).starts_with("FILE: impossible RMSNorm epsilon"));
    CHECK(refused([](Config& c) {
              c.rope_theta = std::numeric_limits<float>::quiet_NaN();
          }).starts_with("FILE: impossible RoPE base"));
}

/// The same matrix, a byte a trit.
TernaryTensor as_trits(TernaryTensor tensor) {
    const auto trits = std::make_shared<std::vector<std::int8_t>>(tensor.matrix.shape.size());
    tensor.read(0, tensor.rows(), *trits);
    tensor.matrix.packing = &ternion::packing_info<ternion::Int8>;
    tensor.matrix.data = reinterpret_cast<const std::byte*>(trits->data());
    tensor.owner = trits;
    return tensor;
}

/// A source whose tensors can be swapped for others.
class Altered : public ModelSource {
 public:
    explicit Altered(const ModelSource& from) : from_(from) {}
    const std::string& name() const override { return from_.name(); }
    Config config() const override {
        Config config = from_.config();
        config.sub_norms = sub_norms;
        return config;
    }
    const Family& family() const override { return from_.family(); }
    bool contains(std::string_view tensor) const override { return from_.contains(tensor); }
    ternion::Shape shape(std::string_view tensor) const override { return from_.shape(tensor); }
    bool is_ternary(std::string_view tensor) const override { return from_.is_ternary(tensor); }
    Masters masters_of(std::string_view tensor) const override { return from_.masters_of(tensor); }
    TernaryTensor ternary(std::string_view tensor) const override {
        TernaryTensor found = from_.ternary(tensor);
        if (tensor == altered && unpacked) found = as_trits(found);
        if (tensor == altered && !unpacked) --found.matrix.shape.n;
        return found;
    }
    DenseTensor dense(std::string_view tensor) const override {
        DenseTensor found = from_.dense(tensor);
        if (tensor == altered) --found.cols;
        return found;
    }
    Vocabulary vocabulary() const override { return from_.vocabulary(); }

    std::string altered;
    bool unpacked = false;
    bool sub_norms = true;

 private:
    const ModelSource& from_;
};

TEST_CASE("a tensor of another shape than the sizes say is refused by name") {
    const auto source = open_model(golden_gguf);
    ternion::ThreadPool threads(2);
    Altered altered(*source);
    const auto refused = [&](const char* tensor) {
        altered.altered = tensor;
        return bitnet_tests::refusal([&] { load_weights(altered, find_kernels(), threads); });
    };
    CHECK(refused("blk.2.ffn_down.weight") ==
          golden_gguf + ": expected 256 x 768 numbers in tensor \"blk.2.ffn_down.weight\", found 255 x 768");
    CHECK(refused("token_embd.weight") ==
          golden_gguf + ": expected 528 x 256 numbers in tensor \"token_embd.weight\", found 528 x 255");
    CHECK(refused("blk.0.attn_sub_norm.weight") ==
          golden_gguf + ": expected 1 x 256 numbers in tensor \"blk.0.attn_sub_norm.weight\", found 1 x 255");
}

TEST_CASE("a matrix comes out the same from I2_S bytes and from trits") {
    const auto source = open_model(golden_gguf);
    ternion::ThreadPool threads(2);
    Altered altered(*source);
    altered.altered = "blk.1.ffn_gate.weight";
    altered.unpacked = true;
    const Weights from_trits = load_weights(altered, find_kernels(), threads),
                  from_bytes = load_weights(*source, find_kernels(), threads);
    CHECK(std::ranges::equal(from_trits.layers[1].gate.weights().bytes(), from_bytes.layers[1].gate.weights().bytes()));
}

TEST_CASE("an architecture without sub-norms asks for none and passes tokens on as they are") {
    const auto source = open_model(golden_gguf);
    ternion::ThreadPool threads(2);
    Altered altered(*source);
    altered.sub_norms = false;
    altered.altered = "blk.0.attn_sub_norm.weight";  // would be refused, were it read
    const Weights weights = load_weights(altered, find_kernels(), threads);
    CHECK(model_tensors(weights.config).size() == model_tensors(source->config()).size() - 6);
    for (const LayerWeights& layer : weights.layers) {
        CHECK(layer.o.norm().norm() == nullptr);
        CHECK(layer.down.norm().channels() == layer.down.inputs());
    }
    const std::vector<float> x = {1, -2, 3};
    std::vector<float> y(3);
    OptionalNorm(3).normalise(x.data(), y.data());
    CHECK(y == x);
}

TEST_CASE("the feed-forward gate is silu(gate) · up") {
    std::vector<float> gate = {-1, 0, 2, std::numeric_limits<float>::quiet_NaN()};
    const std::vector<float> up = {5, 5, -2, 1};
    gated_silu(gate.data(), up.data(), gate.size());
    CHECK(std::abs(gate[0] - -5 / (1 + std::exp(1.0F))) < 1e-6F);
    CHECK(gate[1] == 0);
    CHECK(std::abs(gate[2] - -4 / (1 + std::exp(-2.0F))) < 1e-6F);
    CHECK(std::isnan(gate[3]));
}

TEST_CASE("the feed-forward gate is relu(gate)^2 · up, and NaN stays NaN") {
    std::vector<float> gate = {-1, 0, 2, 3, std::numeric_limits<float>::quiet_NaN()};
    const std::vector<float> up = {5, 5, 5, -2, 1};
    gated_squared_relu(gate.data(), up.data(), gate.size());
    CHECK(std::vector<float>(gate.begin(), gate.begin() + 4) == std::vector<float>{0, 0, 20, -18});
    CHECK(std::isnan(gate[4]));
}

}  // namespace
