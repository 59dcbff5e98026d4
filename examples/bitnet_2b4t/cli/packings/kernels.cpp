// The products of all packings, to compare them in whole models; the engine itself has those alone that it chooses
// from.
#include <ternion/runtime/compile.hpp>

template const ternion::KernelTable& ternion::KernelTableOf<ternion::all_packings>::operator()<TERNION_ISA>(
    TERNION_ISA) const;
