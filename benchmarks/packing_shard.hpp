#pragma once

// The kernels of all packings take long to compile, so each of a few shards takes every so-many-th packing of the list:
// CMakeLists.txt makes one source of each, and a new packing finds its place by itself.

#include <ternion/packing/all.hpp>
#include <ternion/runtime/packing_kernels.hpp>
#include <vector>

#include "packings.hpp"

namespace bench {

inline constexpr std::size_t shards = PACKING_SHARDS;

template <ternion::Packing P>
BenchedPacking benched(std::size_t place) {
    const ternion::PackingKernels& kernels = ternion::packing_kernels<P>;
    const std::string path(ternion::to_string(kernels.path));
    return {place, &kernels, std::string(P::name),
            path + " " + std::string(ternion::backend_of<ternion::default_arch>::name), P::bits_per_weight};
}

/// Appends the packings of one shard.
template <std::size_t Shard>
void add_packings(std::vector<BenchedPacking>& packings) {
    const auto add = [&]<class... P, std::size_t... I>(ternion::type_list<P...>, std::index_sequence<I...>) {
        const auto add_one = [&]<class Q, std::size_t J>() {
            if constexpr (J % shards == Shard) packings.push_back(benched<Q>(J));
        };
        (add_one.template operator()<P, I>(), ...);
    };
    add(ternion::all_packings{}, std::make_index_sequence<ternion::all_packings::size>{});
}

}  // namespace bench
