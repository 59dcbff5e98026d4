#pragma once

#include <ternion/runtime/packing_kernels.hpp>
#include <type_traits>
#include <utility>

#include "kernels.hpp"

namespace test {

template <ternion::Packing P, class Arch>
Kernel make_kernel() {
    using Backend = ternion::backend_of<Arch>;
    const ternion::PackingKernels& kernels = ternion::packing_kernels<P, Arch>;
    return {kernels, P::name, Backend::name, Backend::bytes, kernels.path, ternion::BlockScaledPacking<P>};
}

/// Which slice has a packing's kernel for an arch, by their places in the lists.
constexpr std::size_t slice_of(std::size_t arch, std::size_t packing) {
    if (arch == 0) return packing % best_slices;
    return best_slices + (arch * packings::size + packing) % (kernel_slices - best_slices);
}

/// Calls f.operator()<P, Arch>() for the packings and archs of one slice.
template <std::size_t Slice, class F>
void for_each_in_slice(F&& f) {
    constexpr auto numbers = []<class... T>(ternion::type_list<T...>) {
        return std::make_index_sequence<sizeof...(T)>{};
    };
    const auto call = [&]<bool Here, class Arch, class P>() {
        if constexpr (Here) f.template operator()<P, Arch>();
    };
    const auto call_arch = [&]<std::size_t A, class Arch, class... P, std::size_t... I>(ternion::type_list<P...>,
                                                                                        std::index_sequence<I...>) {
        (call.template operator()<slice_of(A, I) == Slice && is_in_table<P>(A), Arch, P>(), ...);
    };
    [&]<class... Arch, std::size_t... A>(ternion::type_list<Arch...>, std::index_sequence<A...>) {
        (call_arch.template operator()<A, Arch>(packings{}, numbers(packings{})), ...);
    }(ternion::all_archs{}, numbers(ternion::all_archs{}));
}

template <std::size_t Slice>
void append_kernels(std::vector<Kernel>& kernels) {
    for_each_in_slice<Slice>([&]<class P, class Arch>() { kernels.push_back(make_kernel<P, Arch>()); });
}

}  // namespace test
