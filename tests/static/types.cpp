// Properties that other code builds on.
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/ternion.hpp>
#include <type_traits>

namespace {

using namespace ternion;

// Views are plain structs: they cross library boundaries and dispatch.
static_assert(std::is_trivially_copyable_v<TernaryView<I2S>>);
static_assert(std::is_trivially_copyable_v<ScaledView<I2S, ScaleTable>>);
static_assert(std::is_trivially_copyable_v<ScaledView<TQ2_0, BlockScales>>);
static_assert(std::is_trivially_copyable_v<ActivationView>);
static_assert(std::is_trivially_copyable_v<Output<float>>);
static_assert(std::is_trivially_copyable_v<Shape> && std::is_trivially_copyable_v<RowRange>);
static_assert(sizeof(Float16) == 2 && sizeof(BFloat16) == 2);

// Owners move without copying and never throw doing so.
static_assert(std::is_nothrow_move_constructible_v<PackedTernary<I2S>>);
static_assert(std::is_nothrow_move_assignable_v<PackedTernary<I2S>>);
static_assert(std::is_nothrow_move_constructible_v<QuantizedActivations>);
static_assert(std::is_copy_constructible_v<PackedTernary<I2S>>);
static_assert(std::is_convertible_v<const PackedTernary<I2S>&, TernaryView<I2S>>);
static_assert(!std::is_default_constructible_v<TernaryView<I2S>>);

// The concepts accept what they should and nothing near it.
struct NoPacking {
    static constexpr const char* name = "none";
};
static_assert(Packing<I2S> && Packing<Int8> && Packing<Interleaved2x16>);
static_assert(!Packing<int> && !Packing<NoPacking> && !Packing<PackedTernary<I2S>>);
static_assert(TernaryMatrix<PackedTernary<I2S>> && TernaryMatrix<TernaryView<I2S>> && !TernaryMatrix<I2S>);
static_assert(BlockScaledPacking<TQ1_0> && BlockScaledPacking<TQ2_0> && BlockScaledPacking<Q2_0>);
static_assert(!BlockScaledPacking<I2S> && !BlockScaledPacking<int>);
static_assert(ScaledMatrix<ScaledTernary<I2S>> && ScaledMatrix<ScaledView<Q2_0, BlockScales>>);
static_assert(!ScaledMatrix<PackedTernary<I2S>> && !TernaryMatrix<ScaledTernary<I2S>>);
static_assert(WeightMatrix<PackedTernary<I2S>> && WeightMatrix<ScaledTernary<I2S>> && !WeightMatrix<I2S>);
static_assert(ResultType<float> && ResultType<Float16> && ResultType<BFloat16> && ResultType<std::int32_t>);
static_assert(!ResultType<double> && !ResultType<std::int8_t>);

// Every instance of the other concepts, with a count: what is left out of such a list is never missed.
constexpr std::size_t backends = []<class... Arch>(type_list<Arch...>) {
    return (std::size_t{Backend<backend_of<Arch>>} + ...);
}(all_archs{});
static_assert(backends == all_archs::size && backends >= 1);
static_assert(!Backend<int>);

using quantizers = type_list<Absmax<8>, Absmax<8, 128>, Absmax<4>, AbsmeanInt4, TopK<>, Sparse<>, SplitOutliers<5>,
                             SplitOutliers<5, 64>, Hadamard<Absmax<4>>, Hadamard<SplitOutliers<5, 64>>, Sign,
                             PerTensor<Absmax<8, 128>>, Grouped<Absmax<8>, 128>, Unquantized, AnyQuantizer>;
constexpr std::size_t quantizer_count = []<class... Q>(type_list<Q...>) {
    return (std::size_t{Quantizer<Q>} + ...);
}(quantizers{});
static_assert(quantizer_count == quantizers::size && !Quantizer<int> && !Quantizer<RmsNorm>);

static_assert(Norm<RmsNorm> && Norm<LayerNorm> && Norm<AnyRmsNorm> && Norm<NoNorm> && !Norm<int> && !Norm<Absmax<8>>);

constexpr std::size_t weights = []<class... P>(type_list<P...>) {
    return ((std::size_t{Weights<PackedTernary<P>>} + std::size_t{Weights<TernaryView<P>>} +
             std::size_t{Weights<ScaledTernary<P>>}) +
            ...);
}(all_packings{});
static_assert(weights == 3 * all_packings::size && Weights<AnyTernary> && !Weights<RmsNorm>);
static_assert(Weights<AnyTernary, AnyActivations> && Weights<AnyTernary, FloatActivations>);

// Floats have no exact sums.
template <class W, class X, class Out>
concept Multiplies = requires(const W& w, const X& x, RowRange rows, const Output<Out>& out) {
    multiply_rows<default_arch>(w, x, rows, out);
};
template <class W, class X, class Out>
concept MultipliesItself =
    requires(const W& w, const X& x, RowRange rows, const Output<Out>& out) { w.multiply(x, rows, out); };
static_assert(Multiplies<TernaryView<I2S>, FloatActivations, BFloat16>);
static_assert(!Multiplies<TernaryView<I2S>, FloatActivations, std::int32_t>);
static_assert(MultipliesItself<AnyTernary, AnyActivations, float>);
static_assert(!MultipliesItself<AnyTernary, AnyActivations, std::int32_t>);

// Only executors are executors.
static_assert(Executor<Serial> && !Executor<int>);

constexpr bool every_entry_is_a_packing = [] {
    bool all = true;
    for_each_type(all_packings{}, [&]<class P>(std::type_identity<P>) { all = all && Packing<P>; });
    return all;
}();
static_assert(every_entry_is_a_packing);

static_assert(version.major == TERNION_VERSION_MAJOR && version.minor == TERNION_VERSION_MINOR);

}  // namespace
