// Compiled once for each instruction set of the library, or once with the compiler's flags. Nothing here may become a
// function that other units share: the linker might keep this unit's for all. tests/c_interface checks that.
#include "kernels.hpp"

#include <ternion/runtime/compile.hpp>

namespace ternion_c {

template <class Isa>
const ternion_isa& KernelsOf::operator()(Isa) const {
    static constexpr ternion_isa kernels{ternion::CompiledTable<ternion::default_arch, Isa, Packings>::table};
    return kernels;
}
template const ternion_isa& KernelsOf::operator()(TERNION_ISA) const;

}  // namespace ternion_c
