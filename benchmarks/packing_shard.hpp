#pragma once

// The kernels of all packings take long to compile, so each of a few shards takes every so-many-th packing of the list:
// CMakeLists.txt makes one source of each, and a new packing finds its place by itself.

#include <ternion/packing/all.hpp>
#include <vector>

#include "packings.hpp"

namespace bench {

inline constexpr std::size_t shards = PACKING_SHARDS;

template <ternion::Packing P>
void pack_bytes(Trits trits, ternion::Shape shape, const Threads& threads, const Sink& sink) {
    sink(ternion::pack<P>(trits, shape.n, shape.k, 1.0f, threads).bytes());
}

template <ternion::Packing P>
void unpack_bytes(ternion::Shape shape, const std::byte* data, std::span<std::int8_t> trits) {
    ternion::unpack_trits(ternion::TernaryView<P>(shape, data, 1.0f), trits);
}

template <ternion::Packing From, ternion::Packing To>
void repack_bytes(ternion::Shape shape, const std::byte* data, const Threads& threads, const Sink& sink) {
    sink(ternion::repack<To>(ternion::TernaryView<From>(shape, data, 1.0f), threads).bytes());
}

template <ternion::Packing P, class Out>
void multiply_bytes(ternion::Shape shape, const std::byte* data, const ternion::QuantizedActivations& x,
                    std::span<Out> y, const Threads& threads) {
    ternion::gemm(ternion::TernaryView<P>(shape, data, 1.0f), x, y, threads);
}

template <ternion::Packing P>
BenchedPacking benched(std::size_t place) {
    const std::string path(ternion::to_string(ternion::kernel_path<P>));
    return {place,
            std::string(P::name),
            path + " " + std::string(ternion::backend_of<ternion::default_arch>::name),
            P::bits_per_weight,
            [](ternion::Shape shape) { return P::bytes(shape); },
            pack_bytes<P>,
            unpack_bytes<P>,
            repack_bytes<ternion::I2S, P>,
            repack_bytes<P, ternion::I2S>,
            multiply_bytes<P, float>,
            multiply_bytes<P, std::int32_t>};
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
