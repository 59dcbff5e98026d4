#pragma once

#include <ternion/ternion.hpp>
#include <type_traits>

namespace test {

/// A packing for each way to multiply, and one with scales in its blocks: what is the same code for every packing is
/// tested with these. The kernels of all packings are tested by kernels.hpp.
using packing_kinds =
    ternion::type_list<ternion::Int8, ternion::I2S, ternion::TQ2_0, ternion::Interleaved2x16, ternion::PairLookup,
                       ternion::BitPlanes, ternion::ByInput<ternion::TwoBitRows>>;

template <class List, class T>
constexpr bool contains() {
    return []<class... U>(ternion::type_list<U...>) { return (std::is_same_v<U, T> || ...); }(List{});
}

template <ternion::Packing P>
constexpr bool kind_is_tested() {
    return []<class... Kind>(ternion::type_list<Kind...>) {
        return ((ternion::kernel_path<Kind> == ternion::kernel_path<P>) || ...);
    }(packing_kinds{});
}

static_assert([]<class... P>(ternion::type_list<P...>) {
    return (kind_is_tested<P>() && ...);
}(ternion::all_packings{}));

}  // namespace test
