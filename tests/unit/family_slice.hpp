#pragma once

#include <type_traits>
#include <utility>

#include "family_policies.hpp"

namespace test {

template <class P, class Policy, class Arch>
void forward_layer(const LayerInput& input, std::span<float> y, bool add, AnyExecutor& executor) {
    using BitLinear = ternion::BitLinear<P, Policy, ternion::NoNorm, Arch>;
    const BitLinear layer(ternion::pack<P>(input.trits, input.shape.n, input.shape.k, weight_scale));
    typename BitLinear::Workspace workspace;
    add ? layer.forward_add(input.x, input.m, y, workspace, executor)
        : layer.forward(input.x, input.m, y, workspace, executor);
}

template <std::size_t Slice>
void append_layers(std::vector<Layer>& layers) {
    const auto append = [&]<class P, class Arch>() {
        const auto append_policies = [&]<class... Policy>(const Named<Policy>&... named) {
            (layers.push_back({P::name, ternion::backend_of<Arch>::name, named.name, ternion::holds_zeros<P>,
                               forward_layer<P, Policy, Arch>}),
             ...);
        };
        std::apply(append_policies, family_policies);
    };
    [&]<class... P, std::size_t... I>(ternion::type_list<P...>, std::index_sequence<I...>) {
        const auto append_archs = [&]<class Q, std::size_t J>() {
            if constexpr (J / 2 == Slice) {
                using archs =
                    std::conditional_t<on_all_archs<Q>, ternion::all_archs, ternion::type_list<ternion::default_arch>>;
                ternion::for_each_type(
                    archs{}, [&]<class Arch>(std::type_identity<Arch>) { append.template operator()<Q, Arch>(); });
            }
        };
        (append_archs.template operator()<P, I>(), ...);
    }(family_packings{}, std::make_index_sequence<family_packings::size>{});
}

}  // namespace test
