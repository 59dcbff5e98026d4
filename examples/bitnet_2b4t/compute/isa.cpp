#include "kernels.hpp"

namespace bitnet {

using Dispatcher = ternion::Dispatcher<TERNION_ISAS>;

const Kernels& find_kernels(std::string_view isa) {
    return Dispatcher(isa)(KernelsOf{});
}

const ternion::PackingKernels& compute_packing(const Kernels& kernels, ternion::Shape shape, bool grouped,
                                               MatrixUse use) {
    const auto named = [&](std::string_view name) -> const auto& { return kernels.ternary->packing(name); };
    const auto& smallest = named(ternion::Trits5x16::name);
    const bool five_trits = smallest.quick && !grouped;
    const auto& whole = five_trits ? smallest : named(ternion::Interleaved2x16::name);
    if (grouped || use == MatrixUse::whole) return whole;
    const auto& rows = named(five_trits ? ternion::Trits5Rows::name : ternion::I2S::name);
    const auto& inputs =
        named(five_trits ? ternion::ByInput<ternion::Trits5Rows>::name : ternion::ByInput<ternion::TwoBitRows>::name);
    const auto& listed = use == MatrixUse::rows ? rows : inputs;
    // The rows of I2_S lie apart where they have a multiple of 128 weights.
    if (use == MatrixUse::rows && !five_trits && shape.k % 128 != 0) return whole;
    // Rows are padded to whole units: a few bytes of a small matrix, which don't matter, but too many of others.
    const std::size_t bytes = whole.packing.bytes(shape), most = bytes + bytes / 50 + (std::size_t{1} << 16);
    return listed.packing.bytes(shape) <= most ? listed : whole;
}

std::vector<ternion::IsaStatus> known_isas() {
    const auto isas = Dispatcher::isas();
    return {isas.begin(), isas.end()};
}

}  // namespace bitnet
