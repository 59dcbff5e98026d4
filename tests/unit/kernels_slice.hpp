#pragma once

#include <type_traits>
#include <utility>

#include "kernels.hpp"

namespace test {

template <ternion::Packing P>
std::vector<std::byte> pack_bytes(std::span<const std::int8_t> trits, ternion::Shape shape) {
    return copy_of(ternion::pack<P>(trits, shape.n, shape.k).bytes());
}

template <ternion::Packing P, class Arch, class Out>
void multiply_bytes(const MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                    const ternion::Output<Out>& out, AnyExecutor& executor) {
    ternion::multiply<Arch>(ternion::TernaryView<P>(w.shape, w.data, w.scale), x, rows, out, executor);
}

template <ternion::Packing P, class Arch>
void multiply_scaled_bytes(const MatrixBytes& w, const ternion::ScaleTable* scales, const ternion::ActivationView& x,
                           ternion::RowRange rows, const ternion::Output<float>& out, AnyExecutor& executor) {
    const ternion::TernaryView<P> trits(w.shape, w.data, w.scale);
    if (scales != nullptr) {
        ternion::multiply<Arch>(ternion::ScaledView<P, ternion::ScaleTable>(trits, *scales), x, rows, out, executor);
    } else if constexpr (ternion::BlockScaledPacking<P>) {
        ternion::multiply<Arch>(ternion::with_block_scales(trits), x, rows, out, executor);
    }
}

template <ternion::Packing P, class Arch>
Kernel make_kernel() {
    using Backend = ternion::backend_of<Arch>;
    return {P::name,
            Backend::name,
            Backend::bytes,
            ternion::kernel_path<P, Arch>,
            pack_bytes<P>,
            multiply_bytes<P, Arch, std::int32_t>,
            multiply_bytes<P, Arch, float>,
            multiply_bytes<P, Arch, ternion::Float16>,
            multiply_bytes<P, Arch, ternion::BFloat16>,
            multiply_scaled_bytes<P, Arch>,
            ternion::BlockScaledPacking<P>};
}

/// Calls f.operator()<P, Arch>() for the packings and archs of one slice.
template <std::size_t Slice, class F>
void for_each_in_slice(F&& f) {
    constexpr std::size_t per_arch = packings::size;
    constexpr auto numbers = []<class... T>(ternion::type_list<T...>) {
        return std::make_index_sequence<sizeof...(T)>{};
    };
    const auto call = [&]<std::size_t Number, class Arch, class P>() {
        if constexpr (Number % kernel_slices == Slice) f.template operator()<P, Arch>();
    };
    const auto call_arch = [&]<std::size_t A, class Arch, class... P, std::size_t... I>(ternion::type_list<P...>,
                                                                                        std::index_sequence<I...>) {
        (call.template operator()<A * per_arch + I, Arch, P>(), ...);
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
