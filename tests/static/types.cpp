// Properties that other code builds on.
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
