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
            multiply_bytes<P, Arch, ternion::BFloat16>};
}

template <class Arch>
void append_arch(std::vector<Kernel>& kernels) {
    ternion::for_each_type(ternion::all_packings{},
                           [&]<class P>(std::type_identity<P>) { kernels.push_back(make_kernel<P, Arch>()); });
}

template <std::size_t Slice, class... Archs, std::size_t... I>
void append_slice(ternion::type_list<Archs...>, std::index_sequence<I...>, std::vector<Kernel>& kernels) {
    const auto append = [&]<class Arch, std::size_t Index>() {
        if constexpr (Index % kernel_slices == Slice) append_arch<Arch>(kernels);
    };
    (append.template operator()<Archs, I>(), ...);
}

template <std::size_t Slice>
void append_kernels(std::vector<Kernel>& kernels) {
    append_slice<Slice>(ternion::all_archs{}, std::make_index_sequence<ternion::all_archs::size>{}, kernels);
}

}  // namespace test
