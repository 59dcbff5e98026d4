// The kernels of every packing with the build's own flags: what runtime_any_ternary.cpp looks up.
#include <ternion/runtime/compile.hpp>

template const ternion::KernelTable& ternion::KernelTableOf<ternion::all_packings>::operator()<TERNION_ISA>(
    TERNION_ISA) const;
