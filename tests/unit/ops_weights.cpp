// The concept Weights: its models are interchangeable in a BitLinear, one from outside the library among them.
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"
#include "test_executor.hpp"

using namespace ternion;

namespace {

using Floats = std::vector<float>;
constexpr std::size_t m = 5, n = 37, k = 130;

/// Weights of a user's own: rows whose bit of a mask is not set give zero, without being read.
class MaskedRows {
 public:
    MaskedRows(TernaryView<Interleaved2x16> all, std::vector<bool> kept) : all_(all), kept_(std::move(kept)) {}

    [[nodiscard]] std::size_t rows() const { return all_.rows(); }
    [[nodiscard]] std::size_t cols() const { return all_.cols(); }

    template <ResultType Out>
    void multiply(const QuantizedActivations& x, RowRange rows, const Output<Out>& out) const {
        for (std::size_t row = rows.begin; row < rows.end; ++row) {
            if (kept_[row]) {
                ternion::multiply(all_, x, {row, row + 1}, out);
                continue;
            }
            for (std::size_t t = 0; t < x.tokens(); ++t)
                out.data[t * out.ld + row] =
                    out.residual == nullptr ? Out{} : static_cast<Out>(out.residual[t * out.residual_ld + row]);
        }
    }

 private:
    TernaryView<Interleaved2x16> all_;
    std::vector<bool> kept_;
};

static_assert(Weights<MaskedRows>);
static_assert(OwnProduct<MaskedRows, QuantizedActivations> && !OwnProduct<PackedTernary<I2S>, QuantizedActivations>);
static_assert(Weights<PackedTernary<I2S>> && Weights<TernaryView<TQ1_0>> && Weights<ScaledTernary<I2S>> &&
              Weights<ScaledView<TQ2_0, BlockScales>> && Weights<AnyTernary>);
static_assert(Weights<PackedTernary<BitPlanes>, SignActivations> && Weights<AnyTernary, SparseActivations>);
static_assert(!Weights<std::vector<float>> && !Weights<int>);

template <class Layer>
Floats forward(const Layer& layer, const Floats& x) {
    typename Layer::Workspace workspace;
    Floats y(m * layer.outputs());
    layer.forward(x, m, y, workspace, test::ThreadPool(3));
    return y;
}

TEST_CASE("a layer of borrowed weights is that of owned ones", "[weights]") {
    const auto owned = pack<I2S>(test::random_trits(n * k, 1), n, k, 0.25f);
    const Floats x = test::random_floats(m * k, 2, 3);
    const Floats expected = forward(BitLinear(owned), x);
    CHECK(forward(BitLinear(owned.view()), x) == expected);
    CHECK(forward(BitLinear(borrow<I2S>(owned.bytes(), n, k, 0.25f)), x) == expected);
}

TEST_CASE("a layer of weights with row and group scales is gemm of them", "[weights]") {
    const auto trits = pack<Interleaved2x16>(test::random_trits(n * k, 1), n, k);
    const Floats x = test::random_floats(m * k, 2, 3);
    for (const std::size_t inputs : {0, 64, 128}) {
        const std::size_t scales = inputs == 0 ? n : n * ceil_div(k, inputs);
        Floats positive = test::random_floats(scales, 3);
        for (float& scale : positive)
            scale = 0.5f + scale * scale;
        const ScaledTernary<Interleaved2x16> scaled(trits, positive, inputs);
        Floats expected(m * n);
        gemm(scaled, std::span<const float>(x), m, std::span(expected));
        CHECK(forward(BitLinear(scaled), x) == expected);
        CHECK(forward(BitLinear(scaled.view()), x) == expected);
    }
}

TEST_CASE("grouped weights refuse activations without the sums of their groups", "[weights]") {
    const auto trits = pack<TQ2_0>(test::random_trits(n * k, 1), n, k);
    const BitLinear layer(with_block_scales(trits));
    QuantizedActivations x;
    quantize(Absmax<8>{}, test::random_floats(m * k, 2), m, k, x);
    Floats y(m * n);
    CHECK_THROWS_AS(layer.forward(x, y), std::invalid_argument);
    sum_groups(x);
    layer.forward(x, y);
    Floats expected(m * n);
    gemm(with_block_scales(trits), x, std::span(expected));
    CHECK(y == expected);
}

TEST_CASE("weights of a user's own make a layer", "[weights]") {
    const auto all = pack<Interleaved2x16>(test::random_trits(n * k, 1), n, k, 0.25f);
    std::vector<bool> kept(n);
    for (std::size_t row = 0; row < n; ++row)
        kept[row] = row % 3 != 1;
    const BitLinear layer(MaskedRows(all, kept), RmsNorm(Floats(k, 1.5f), 1e-5f));
    const Floats x = test::random_floats(m * k, 2, 3);
    Floats expected = forward(BitLinear(all, RmsNorm(Floats(k, 1.5f), 1e-5f)), x);
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (!kept[i % n]) expected[i] = 0;
    CHECK(forward(layer, x) == expected);
}

}  // namespace
