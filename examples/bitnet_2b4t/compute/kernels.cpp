// Compiled once for each instruction set of the program (ternion_add_dispatched), or once with the program's own flags.
// Nothing here may become a function that other units share, such as those of std:: that aren't inlined: the linker
// might keep this unit's for all. tests/dispatch checks that.
#include "kernels.hpp"

#include <ternion/runtime/compile.hpp>
#include <ternion/simd/read_memory.hpp>

#include "attention_block.hpp"
#include "kv_block.hpp"
#include "products.hpp"

namespace bitnet {
namespace {

constexpr Kernels table{.ternary = &ternion::CompiledTable<ternion::default_arch, TERNION_ISA, ComputePackings>::table,
                        .gated = {gated_squared_relu, gated_silu},
                        .rotate = rotate,
                        .store_token = store_token,
                        .attend = attend,
                        .widen_f16 = ternion::widen<ternion::default_arch>,
                        .widen_bf16 = ternion::widen<ternion::default_arch>,
                        .dot_f32 = dot,
                        .dot_f16 = dot,
                        .dot_bf16 = dot,
                        .add_product = add_product,
                        .code_row = code_row,
                        .dot_codes = dot_codes,
                        .read_memory = ternion::read_memory<>};

}  // namespace

template <class Isa>
const Kernels& KernelsOf::operator()(Isa) const {
    return table;
}
template const Kernels& KernelsOf::operator()(TERNION_ISA) const;

}  // namespace bitnet
