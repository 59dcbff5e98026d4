// Compiled once for each instruction set of the library, or once with the compiler's flags.
#include "kernels.hpp"

#include <ternion/runtime/compile.hpp>

template const ternion::KernelTable& ternion::KernelTableOf<ternion_c::Packings>::operator()<TERNION_ISA>(
    TERNION_ISA) const;
