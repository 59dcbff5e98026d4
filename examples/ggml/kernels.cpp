#include "kernels.hpp"

#include <ternion/runtime/tables.hpp>

#include "packings.hpp"

namespace ternion_ggml {

const ternion::KernelTable& find_kernels(std::string_view isa) {
    return ternion::find_kernels<Packings>(isa);
}

const ternion::PackingKernels* find_ternary(const ternion::KernelTable& table, ggml_type type) noexcept {
    const ternion::PackingKernels* found = table.find_packing(ggml_type_name(type));
    if (found == nullptr || found->packing.group_inputs == 0) return nullptr;
    const auto inputs = static_cast<std::size_t>(ggml_blck_size(type));
    if (found->packing.group_inputs != inputs || found->packing.bytes({1, inputs}) != ggml_type_size(type))
        return nullptr;
    return found;
}

}  // namespace ternion_ggml
