#include "family.hpp"
#include "family_policies.hpp"

namespace test {

namespace {

template <class Policy, class Arch>
void forward(const ActivationProducts& products, const LayerInput& input, std::span<float> y, bool add,
             AnyExecutor& executor) {
    const auto [n, k] = input.w.shape;
    ternion::ActivationsOf<Policy> activations;
    ternion::quantize<Arch>(Policy{}, input.x, input.m, k, activations, executor);
    ternion::Output<float> out{y.data(), n};
    if (add) out = {y.data(), n, y.data(), n};
    std::get<MultiplyActivations<decltype(activations)>>(products.multiply)(input.w, activations, out, executor);
}

template <class... Policy>
std::vector<Quantizer> make_quantizers(const Named<Policy>&... named) {
    std::vector<Quantizer> all;
    ternion::for_each_type(ternion::all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        using Backend = ternion::backend_of<Arch>;
        (all.push_back({named.name, Backend::name, Backend::bytes, forward<Policy, Arch>}), ...);
    });
    return all;
}

}  // namespace

const std::vector<Quantizer>& all_quantizers() {
    static const std::vector<Quantizer> all =
        std::apply([](const auto&... named) { return make_quantizers(named...); }, family_policies);
    return all;
}

}  // namespace test
