#pragma once

#include <cstdint>

#include "../../core/config.hpp"
#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

namespace ternion {

/// A bit for each extension of the instruction set that compilers use by themselves.
using CpuFeatures = std::uint64_t;

namespace cpu {

/// sve128 and so on: SVE whose registers have exactly so many bits.
inline constexpr CpuFeatures crc32 = 1u << 0, atomics = 1u << 1, rdma = 1u << 2, fp16 = 1u << 3, dotprod = 1u << 4,
                             i8mm = 1u << 5, sve = 1u << 6, sve128 = 1u << 7, sve256 = 1u << 8, sve512 = 1u << 9,
                             sve2 = 1u << 10, bf16 = 1u << 11, complex = 1u << 12;

}  // namespace cpu

/// What this unit's flags let the compiler use.
[[maybe_unused]] constexpr CpuFeatures enabled_features = [] {
    CpuFeatures bits = 0;
#if defined(__ARM_FEATURE_CRC32)
    bits |= cpu::crc32;
#endif
#if defined(__ARM_FEATURE_ATOMICS)
    bits |= cpu::atomics;
#endif
#if defined(__ARM_FEATURE_QRDMX)
    bits |= cpu::rdma;
#endif
#if defined(__ARM_FEATURE_FP16_SCALAR_ARITHMETIC)
    bits |= cpu::fp16;
#endif
#if defined(__ARM_FEATURE_DOTPROD)
    bits |= cpu::dotprod;
#endif
#if defined(__ARM_FEATURE_MATMUL_INT8)
    bits |= cpu::i8mm;
#endif
#if defined(__ARM_FEATURE_BF16)
    bits |= cpu::bf16;
#endif
#if defined(__ARM_FEATURE_COMPLEX)
    bits |= cpu::complex;
#endif
#if defined(__ARM_FEATURE_SVE2)
    bits |= cpu::sve2;
#endif
#if defined(__ARM_FEATURE_SVE)
    bits |= cpu::sve;
#if __ARM_FEATURE_SVE_BITS == 128
    bits |= cpu::sve128;
#elif __ARM_FEATURE_SVE_BITS == 256
    bits |= cpu::sve256;
#elif __ARM_FEATURE_SVE_BITS == 512
    bits |= cpu::sve512;
#endif
#endif
    return bits;
}();

inline namespace TERNION_ABI {

/// What this machine and its system have, as Linux tells it: xsimd, compiled without SVE, doesn't look for it, nor for
/// a register's length and dot products. On other systems: nothing.
inline CpuFeatures cpu_features() noexcept {
    CpuFeatures found = 0;
#if defined(__linux__)
    const auto add = [&](CpuFeatures feature, unsigned long bits) { found |= bits != 0 ? feature : 0; };
    const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
    add(cpu::crc32, first & HWCAP_CRC32), add(cpu::atomics, first & HWCAP_ATOMICS);
    add(cpu::rdma, first & HWCAP_ASIMDRDM), add(cpu::dotprod, first & HWCAP_ASIMDDP);
    if ((first & HWCAP_FPHP) != 0) add(cpu::fp16, first & HWCAP_ASIMDHP);
    add(cpu::complex, first & HWCAP_FCMA), add(cpu::sve, first & HWCAP_SVE);
    add(cpu::sve2, second & HWCAP2_SVE2), add(cpu::i8mm, second & HWCAP2_I8MM), add(cpu::bf16, second & HWCAP2_BF16);
    if ((first & HWCAP_SVE) != 0) {
        const int answer = prctl(PR_SVE_GET_VL);
        const int bytes = answer < 0 ? 0 : answer & PR_SVE_VL_LEN_MASK;
        add(cpu::sve128, bytes == 16), add(cpu::sve256, bytes == 32), add(cpu::sve512, bytes == 64);
    }
#endif
    return found;
}

}  // namespace TERNION_ABI
}  // namespace ternion
