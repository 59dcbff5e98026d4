// Matrices whose packing is known at run time: a table's products, packing and repacking are those of the types.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/runtime/tables.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"
#include "test_executor.hpp"

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

using Floats = std::vector<float>;
constexpr std::size_t m = 3, n = 37, k = 300;

const KernelTable& table() {
    return find_kernels<all_packings>();
}

std::vector<std::int8_t> trits() {
    return test::random_trits(n * k, 1);
}

TEST_CASE("a table has every packing of the list, by name", "[runtime]") {
    std::size_t found = 0;
    for_each_type(all_packings{}, [&]<class P>(std::type_identity<P>) {
        const PackingKernels& kernels = table().packing(P::name);
        CHECK(kernels.packing.name == P::name);
        CHECK(kernels.packing.bits_per_weight == P::bits_per_weight);
        CHECK(kernels.packing.bytes({n, k}) == P::bytes({n, k}));
        CHECK(kernels.path == kernel_path<P>);
        ++found;
    });
    CHECK(found == table().packings.size());
    CHECK(table().backend == backend_of<default_arch>::name);
    CHECK(table().find_packing("i2s") == nullptr);
    CHECK_THROWS_MATCHES(table().packing("i2s"), std::invalid_argument,
                         MessageMatches(ContainsSubstring("int8, i2_s") && ContainsSubstring("found i2s")));
    CHECK_THROWS_MATCHES(table().quantizer("absmax"), std::invalid_argument,
                         MessageMatches(ContainsSubstring("absmax8") && ContainsSubstring("found absmax")));
}

TEST_CASE("packing by name gives the bytes of the type, and so does repacking", "[runtime]") {
    const auto i2s = pack<I2S>(trits(), n, k, 0.75f);
    for_each_type(all_packings{}, [&]<class P>(std::type_identity<P>) {
        const PackingKernels& kernels = table().packing(P::name);
        const auto typed = pack<P>(trits(), n, k, 0.75f);
        const auto same = [&](const AnyTernary& any) {
            return any.rows() == n && any.cols() == k && any.scale() == 0.75f &&
                   std::ranges::equal(any.bytes(), typed.bytes());
        };
        CHECK(same(pack_as(kernels, trits(), n, k, 0.75f)));
        CHECK(same(repack_as(kernels, i2s, test::ThreadPool(3))));
        std::vector<std::byte> room(P::bytes({n, k}) + 1, std::byte{77});
        const AnyTernary there = repack_as(kernels, i2s, std::span(room).first(P::bytes({n, k})));
        CHECK(same(there));
        CHECK(there.bytes().data() == room.data());
        CHECK(room.back() == std::byte{77});
        CHECK_THROWS_AS(repack_as(kernels, i2s, std::span(room)), std::invalid_argument);
        std::vector<std::int8_t> back(n * k);
        there.unpack(back);
        CHECK(back == trits());
    });
}

/// y by a layer of each kind of weights.
template <class W, class Q>
Floats forward(const W& weights, const Q& quantizer, const Floats& x) {
    const BitLinear layer(weights, NoNorm{}, quantizer);
    typename decltype(layer)::Workspace workspace;
    Floats y(m * n);
    layer.forward(x, m, y, workspace, test::ThreadPool(2));
    return y;
}

TEST_CASE("products by name are those of the type, for each kind of activations", "[runtime]") {
    const Floats x = test::random_floats(m * k, 2, 3);
    for_each_type(all_packings{}, [&]<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto typed = pack<P>(trits(), n, k, 0.75f);
        const AnyTernary any = pack_as(table().packing(P::name), trits(), n, k, 0.75f);
        CHECK(forward(any, Absmax<8>{}, x) == forward(typed, Absmax<8>{}, x));
        CHECK(forward(any, Sparse<TopK<>>{}, x) == forward(typed, Sparse<TopK<>>{}, x));
        CHECK(forward(any, Sign{}, x) == forward(typed, Sign{}, x));
        CHECK(forward(any, AnyQuantizer(table().quantizer("absmax8")), x) == forward(typed, Absmax<8>{}, x));

        QuantizedActivations activations;
        quantize(Absmax<8>{}, x, m, k, activations);
        const auto in_type = [&]<class Out>(Out) {
            std::vector<Out> y(m * n), expected(m * n);
            BitLinear(any).forward(activations, std::span(y));
            gemm(typed, activations, std::span(expected));
            CHECK(std::memcmp(y.data(), expected.data(), y.size() * sizeof(Out)) == 0);
        };
        in_type(std::int32_t{});
        in_type(float{});
        in_type(Float16{});
        in_type(BFloat16{});
    });
}

TEST_CASE("scales of rows, groups and blocks go with a matrix by name", "[runtime]") {
    const Floats x = test::random_floats(m * k, 2, 3);
    const auto i2s = pack<I2S>(trits(), n, k);
    for (const std::size_t inputs : {0, 64, 256}) {
        Floats scales(inputs == 0 ? n : n * ceil_div(k, inputs));
        for (std::size_t i = 0; i < scales.size(); ++i)
            scales[i] = 0.25f + static_cast<float>(i % 7) * 0.5f;  // exact in float16
        const ScaledTernary<I2S> scaled(i2s, scales, inputs);
        Floats expected(m * n);
        gemm(scaled, std::span<const float>(x), m, std::span(expected));
        std::size_t beside = 0, among = 0;
        for (const PackingKernels& kernels : table().packings) {
            INFO(kernels.packing.name << ", scales for " << inputs);
            // A block holds one scale: those of 64 inputs don't fit into blocks of 256.
            if (inputs != 0 && kernels.packing.group_inputs > inputs) {
                CHECK_THROWS_AS(repack_as(kernels, scaled.view()), std::invalid_argument);
                continue;
            }
            const AnyTernary any = repack_as(kernels, scaled.view());
            kernels.packing.group_inputs == 0 ? ++beside : ++among;
            // Smaller groups are added up in another order.
            const std::size_t groups = static_cast<const TernaryBytes&>(any).group_inputs;
            if (groups == inputs) {
                CHECK(forward(any, Absmax<8>{}, x) == expected);
                CHECK(forward(any, Sign{}, x) == forward(scaled, Sign{}, x));
                CHECK(forward(any, Sparse<TopK<>>{}, x) == forward(scaled, Sparse<TopK<>>{}, x));
                CHECK(forward(any, SplitOutliers<5>{}, x) == forward(scaled, SplitOutliers<5>{}, x));
            }
            Floats weights(n * k), found(n * k);
            dequantize(scaled, weights);
            dequantize(any, found);
            CHECK(found == weights);
        }
        const auto without_blocks = [](const PackingKernels& kernels) { return kernels.packing.group_inputs == 0; };
        CHECK(beside == static_cast<std::size_t>(std::ranges::count_if(table().packings, without_blocks)));
        CHECK((beside >= 1 && among >= 1));
    }
}

TEST_CASE("kernels of another packing, and scales that a packing hasn't, are refused", "[runtime]") {
    const auto i2s = pack<I2S>(trits(), n, k);
    CHECK_THROWS_MATCHES(AnyTernary(table().packing("int8"), i2s), std::invalid_argument,
                         MessageMatches(ContainsSubstring("packing int8, found i2_s")));
    TernaryBytes among = i2s;
    among.group_inputs = 64;
    CHECK_THROWS_MATCHES(AnyTernary(table().packing("i2_s"), among), std::invalid_argument,
                         MessageMatches(ContainsSubstring("groups of 64 inputs")));
    const std::vector<Float16> halves(n, Float16(1.0f));
    TernaryBytes half_rows = i2s;
    half_rows.scales = halves.data();
    CHECK_THROWS_MATCHES(AnyTernary(table().packing("i2_s"), half_rows), std::invalid_argument,
                         MessageMatches(ContainsSubstring("a float scale for each row, found float16")));
    TernaryBytes side_by_side = i2s;
    side_by_side.scale_rows = 8;
    CHECK_THROWS_MATCHES(AnyTernary(table().packing("i2_s"), side_by_side), std::invalid_argument,
                         MessageMatches(ContainsSubstring("scales of 1 or 16 rows side by side, found 8")));
}

TEST_CASE("scales of groups are float16 where that loses nothing and is fast, else floats", "[runtime]") {
    const auto i2s = pack<I2S>(trits(), n, k);
    const std::size_t groups = ceil_div(k, std::size_t{64});
    const auto kept = [&](float one) {
        Floats scales(n * groups, 0.25f);
        scales[groups + 1] = one;
        const AnyTernary any = repack_as(table().packing("interleaved2x16"), with_group_scales(i2s, scales, 64));
        const TernaryBytes& w = any;
        CHECK(w.scale_of(1, 1) == one);
        CHECK(w.scale_of(n - 1, groups - 1) == 0.25f);
        CHECK((w.scales.halves() == nullptr) != (w.scales.floats() == nullptr));
        return w.scales.halves() != nullptr;
    };
    for (const float fits : {65504.0f, -65504.0f, 1.0f + 0x1p-10f, 0x1p-14f, 0x1p-24f, -0x1.8p-23f, 0x1.fep-17f})
        CHECK(kept(fits) == table().packing("interleaved2x16").fast_halves);
    for (const float larger : {65536.0f, 65520.0f, 1.0f + 0x1p-11f, 0.1f, 0x1p-25f, 0x1.8p-24f, 0x1.fep-18f})
        CHECK_FALSE(kept(larger));
    const Floats rows(n, 0.25f);
    const AnyTernary by_row = repack_as(table().packing("interleaved2x16"), with_row_scales(i2s, rows));
    CHECK(static_cast<const TernaryBytes&>(by_row).scales.floats() != nullptr);
}

/// W[n,K] with a scale for each `inputs` weights.
ScaledTernary<I2S> grouped_weights(std::size_t rows, std::size_t inputs) {
    Floats scales(rows * ceil_div(k, inputs));
    for (std::size_t i = 0; i < scales.size(); ++i)
        scales[i] = 0.25f + static_cast<float>(i % 7) * 0.5f;
    return {pack<I2S>(test::random_trits(rows * k, rows), rows, k), scales, inputs};
}

/// gate and up behind one stage, joined, then down added to a residual: all that a decoder's layer does.
template <class Stage, class Layer>
Floats feed_forward(const Stage& stage, const Layer& gate, const Layer& up, typename Stage::Workspace& workspace) {
    const Floats x = test::random_floats(m * k, 5, 3);
    Floats g(m * n), u = test::random_floats(m * n, 6, 3);
    test::ThreadPool pool(3);
    forward_together(stage.prepare(x, m, k, workspace, pool), pool, gate.to(std::span(g)),
                     up.add_to(std::span(u), [&](RowRange rows) {
                         for (std::size_t t = 0; t < m; ++t)
                             for (std::size_t row = rows.begin; row < rows.end; ++row)
                                 g[t * n + row] *= u[t * n + row];
                     }));
    return g;
}

template <class Q>
Floats feed_forward_by_type(const ScaledTernary<I2S>& gate, const ScaledTernary<I2S>& up) {
    const InputStage<RmsNorm, Q> stage(RmsNorm(Floats(k, 1.5f), 1e-5f), {}, true);
    typename InputStage<RmsNorm, Q>::Workspace workspace;
    return feed_forward(stage, BitLinear(gate, NoNorm{}, Q{}), BitLinear(up, NoNorm{}, Q{}), workspace);
}

TEST_CASE("activations are chosen at run time: for tokens, for groups, or floats", "[runtime]") {
    const QuantizerKernels& absmax8 = table().quantizer("absmax8");
    const auto gate = grouped_weights(n, 64), up = grouped_weights(n, 128);
    const PackingKernels& kernels = table().packing("interleaved2x16");
    const AnyTernary any_gate = repack_as(kernels, gate.view()), any_up = repack_as(kernels, up.view());
    InputWorkspace<AnyActivations> workspace;  // one for all forms
    const auto check = [&](const AnyQuantizer& quantizer, const Floats& expected) {
        const InputStage<AnyRmsNorm, AnyQuantizer> stage(AnyRmsNorm(table(), Floats(k, 1.5f), 1e-5f), quantizer, true);
        const BitLinear first(any_gate, NoNorm{}, quantizer), second(any_up, NoNorm{}, quantizer);
        CHECK(feed_forward(stage, first, second, workspace) == expected);
    };
    for (int again = 0; again < 2; ++again) {
        check(AnyQuantizer(absmax8), feed_forward_by_type<Absmax<8>>(gate, up));
        check(AnyQuantizer(absmax8, 64), feed_forward_by_type<Grouped<Absmax<8>, 64>>(gate, up));
        check(AnyQuantizer::unquantized(), feed_forward_by_type<Unquantized>(gate, up));
        check(AnyQuantizer(absmax8, 128), feed_forward_by_type<Grouped<Absmax<8>, 128>>(gate, up));
        check(AnyQuantizer(absmax8, 256), feed_forward_by_type<Grouped<Absmax<8>, 256>>(gate, up));
    }
    CHECK_THROWS_MATCHES(AnyQuantizer(absmax8, 32), std::invalid_argument,
                         MessageMatches(ContainsSubstring("64, 128 or 256") && ContainsSubstring("not by 32")));
}

TEST_CASE("activations of any form are dequantised as what they are", "[runtime]") {
    const Floats x = test::random_floats(m * k, 2, 3);
    AnyActivations activations;
    Floats values(m * k), expected(m * k);
    quantize(AnyQuantizer::unquantized(), x, m, k, activations);
    dequantize(activations, values);
    CHECK(values == x);
    quantize(AnyQuantizer(table().quantizer("absmax4"), 64), x, m, k, activations);
    dequantize(activations, values);
    QuantizedActivations typed;
    quantize(Grouped<Absmax<4>, 64>{}, x, m, k, typed);
    dequantize(typed, expected);
    CHECK(values == expected);
    CHECK_THROWS_AS(dequantize(activations, std::span(values).first(5)), std::invalid_argument);
}

TEST_CASE("a norm by a table is RmsNorm", "[runtime]") {
    const Floats weight = test::random_floats(k, 3), x = test::random_floats(k, 4, 9);
    Floats y(k), expected(k);
    AnyRmsNorm(table(), weight, 1e-5f).normalise(x.data(), y.data());
    RmsNorm(weight, 1e-5f).normalise(x.data(), expected.data());
    CHECK(y == expected);
    CHECK_THROWS_AS(AnyRmsNorm(table(), {}, 1e-5f), std::invalid_argument);
    CHECK_THROWS_AS(AnyRmsNorm(table(), weight, 0), std::invalid_argument);
}

TEST_CASE("copies of a matrix by name share its bytes", "[runtime]") {
    const auto copy = [] {
        const AnyTernary original = pack_as(table().packing("tq2_0"), trits(), n, k, 0.5f);
        AnyTernary other = original;
        CHECK(other.bytes().data() == original.bytes().data());
        return other;
    }();
    std::vector<std::int8_t> back(n * k);
    copy.unpack(back);
    CHECK(back == trits());
}

}  // namespace
