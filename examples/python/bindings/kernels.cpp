// All packings and quantizers, compiled once for each instruction set of the module.
#include <ternion/runtime/compile.hpp>

template const ternion::KernelTable& ternion::KernelTableOf<ternion::all_packings>::operator()<TERNION_ISA>(
    TERNION_ISA) const;
