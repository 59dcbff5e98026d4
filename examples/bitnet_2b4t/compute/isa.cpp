#include "kernels.hpp"

namespace bitnet {

using Dispatcher = ternion::Dispatcher<TERNION_ISAS>;

const Kernels& find_kernels(std::string_view isa) {
    return Dispatcher(isa)(KernelsOf{});
}

const ternion::PackingKernels& compute_packing(const Kernels& kernels, bool grouped) {
    const auto& smallest = kernels.ternary->packing(ternion::Trits5x16::name);
    if (smallest.quick && !grouped) return smallest;
    return kernels.ternary->packing(ternion::Interleaved2x16::name);
}

std::vector<ternion::IsaStatus> known_isas() {
    const auto isas = Dispatcher::isas();
    return {isas.begin(), isas.end()};
}

}  // namespace bitnet
