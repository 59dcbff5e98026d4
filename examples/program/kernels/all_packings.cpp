// The kernels of all packings, for programs that compare them or let a caller choose.
#include <ternion/runtime/compile.hpp>

template const ternion::KernelTable& ternion::KernelTableOf<ternion::all_packings>::operator()<TERNION_ISA>(
    TERNION_ISA) const;
