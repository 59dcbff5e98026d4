// Compiled for each instruction set.
#include <ternion/runtime/compile.hpp>

#include "packings.hpp"

template const ternion::KernelTable& ternion::KernelTableOf<ternion_ggml::Packings>::operator()<TERNION_ISA>(
    TERNION_ISA) const;
