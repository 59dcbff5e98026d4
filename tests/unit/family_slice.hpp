#pragma once

#include "family.hpp"
#include "kernels_slice.hpp"

namespace test {

template <ternion::Packing P>
std::vector<std::byte> pack_bytes(std::span<const std::int8_t> trits, ternion::Shape shape) {
    return copy_of(ternion::pack<P>(trits, shape.n, shape.k).bytes());
}

template <ternion::Packing P, class Arch, class Activations>
void multiply_activations(const MatrixBytes& w, const Activations& x, const ternion::Output<float>& out,
                          AnyExecutor& executor) {
    ternion::multiply<Arch>(ternion::TernaryView<P>(w.shape, w.data, w.scale), x, {0, w.shape.n}, out, executor);
}

template <ternion::Packing P, class Arch>
ActivationProducts make_products() {
    using Backend = ternion::backend_of<Arch>;
    ActivationProducts products{P::name, Backend::name, Backend::bytes, ternion::holds_zeros<P>, pack_bytes<P>, {}};
    const auto set = [&]<class... Activations>(std::tuple<MultiplyActivations<Activations>...>& multiply) {
        multiply = {multiply_activations<P, Arch, Activations>...};
    };
    set(products.multiply);
    return products;
}

template <std::size_t Slice>
void append_products(std::vector<ActivationProducts>& products) {
    const auto append = [&]<class P, class Arch>() { products.push_back(make_products<P, Arch>()); };
    if constexpr (Slice < kernel_slices) {
        for_each_in_slice<Slice>(append);
    } else {
        ternion::for_each_type(ternion::binary_packings{}, [&]<class P>(std::type_identity<P>) {
            ternion::for_each_type(ternion::all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
                append.template operator()<P, Arch>();
            });
        });
    }
}

}  // namespace test
