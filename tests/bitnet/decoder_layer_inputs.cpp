// The decoder's norms and quantizers, which are chosen at run time, against the library's policies.
#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <compute/kernels.hpp>
#include <model/layer_inputs.hpp>
#include <random>

namespace {

using namespace bitnet;

constexpr std::size_t tokens = 5, inputs = 176;

std::vector<float> sample() {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    std::vector<float> x(tokens * inputs);
    for (float& value : x)
        value = normal(random);
    std::fill_n(x.begin(), inputs, 0.0F);         // a token of zeros
    std::fill_n(x.begin() + inputs, 100, 0.25F);  // ties among the largest half
    return x;
}

template <class Policy>
void check_same(BitLinearKind kind, LayerInput input) {
    const std::vector<float> x = sample();
    ternion::AnyActivations found;
    ternion::quantize(family_quantizer(kind, input, *find_kernels().ternary), x, tokens, inputs, found);
    ternion::ActivationsOf<Policy> wanted;
    ternion::quantize(Policy{}, x, tokens, inputs, wanted);
    for (std::size_t t = 0; t < tokens; ++t) {
        CAPTURE(static_cast<int>(kind), static_cast<int>(input), t);
        CHECK(std::ranges::equal(found.quantized().row(t), wanted.row(t)));
        CHECK(found.quantized().scale(t) == wanted.scale(t));
        CHECK(found.quantized().sum(t) == wanted.sum(t));
    }
}

TEST_CASE("a family's quantizers give the integers and scales of the library's policies") {
    using enum LayerInput;
    using enum BitLinearKind;
    using Rotated = ternion::Hadamard<ternion::Absmax<4>>;
    for (const LayerInput input : {attention, attention_output, feed_forward, feed_forward_down}) {
        check_same<ternion::Absmax<8, 128>>(v1, input);
        check_same<ternion::Absmax<8>>(b158, input);
    }
    for (const LayerInput input : {attention, feed_forward}) {
        check_same<ternion::AbsmeanInt4>(a48, input);
        check_same<ternion::AbsmeanInt4>(v2, input);
    }
    check_same<ternion::TopK<>>(a48, attention_output);
    check_same<ternion::Sparse<>>(a48, feed_forward_down);
    check_same<Rotated>(v2, attention_output);
    check_same<Rotated>(v2, feed_forward_down);
}

TEST_CASE("a centred norm is LayerNorm, times its weights") {
    const std::vector<float> x = sample();
    std::vector<float> weight(inputs);
    for (std::size_t i = 0; i < inputs; ++i)
        weight[i] = 0.5F + 0.01F * static_cast<float>(i);
    const InputNorm norm(ternion::AnyRmsNorm(*find_kernels().ternary, weight, 1e-5F), true);
    const ternion::LayerNorm plain(inputs, 1e-5F);
    std::vector<float> found(inputs), wanted(inputs);
    for (std::size_t t = 0; t < tokens; ++t) {
        norm.normalise(x.data() + t * inputs, found.data());
        plain.normalise(x.data() + t * inputs, wanted.data());
        for (std::size_t i = 0; i < inputs; ++i)
            CHECK(found[i] == Catch::Approx(wanted[i] * weight[i]).epsilon(1e-5).margin(1e-6));
    }
}

}  // namespace
