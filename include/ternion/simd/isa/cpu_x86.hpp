#pragma once

#include <cstdint>

#include "../../core/config.hpp"
#if !defined(TERNION_NO_SIMD)
#include <xsimd/xsimd.hpp>
#endif
#if defined(__GNUC__)
#include <cpuid.h>
#endif

namespace ternion {

/// A bit for each extension of the instruction set that compilers use by themselves.
using CpuFeatures = std::uint64_t;

namespace cpu {

inline constexpr CpuFeatures sse3 = 1u << 0, ssse3 = 1u << 1, sse4_1 = 1u << 2, sse4_2 = 1u << 3, popcnt = 1u << 4,
                             cx16 = 1u << 5, lahf = 1u << 6, sse4a = 1u << 7, avx = 1u << 8, avx2 = 1u << 9,
                             bmi = 1u << 10, bmi2 = 1u << 11, f16c = 1u << 12, fma = 1u << 13, lzcnt = 1u << 14,
                             movbe = 1u << 15, fma4 = 1u << 16, xop = 1u << 17, avxvnni = 1u << 18, gfni = 1u << 19,
                             avx512f = 1u << 20, avx512cd = 1u << 21, avx512bw = 1u << 22, avx512dq = 1u << 23,
                             avx512vl = 1u << 24, avx512ifma = 1u << 25, avx512vbmi = 1u << 26, avx512vbmi2 = 1u << 27,
                             avx512vnni = 1u << 28, avx512bitalg = 1u << 29, avx512vpopcntdq = 1u << 30,
                             avx512fp16 = 1u << 31, tbm = CpuFeatures{1} << 32;

/// x86-64-v2, v3 and v4 of the System V ABI, above SSE2.
inline constexpr CpuFeatures v2 = sse3 | ssse3 | sse4_1 | sse4_2 | popcnt | cx16 | lahf;
inline constexpr CpuFeatures v3 = v2 | avx | avx2 | bmi | bmi2 | f16c | fma | lzcnt | movbe;
inline constexpr CpuFeatures v4 = v3 | avx512f | avx512cd | avx512bw | avx512dq | avx512vl;

}  // namespace cpu

/// What this unit's flags let the compiler use.
[[maybe_unused]] constexpr CpuFeatures enabled_features = [] {
    CpuFeatures bits = 0;
#if defined(__SSE3__)
    bits |= cpu::sse3;
#endif
#if defined(__SSSE3__)
    bits |= cpu::ssse3;
#endif
#if defined(__SSE4_1__)
    bits |= cpu::sse4_1;
#endif
#if defined(__SSE4_2__)
    bits |= cpu::sse4_2;
#endif
#if defined(__POPCNT__)
    bits |= cpu::popcnt;
#endif
#if defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16)
    bits |= cpu::cx16;
#endif
#if defined(__LAHF_SAHF__)
    bits |= cpu::lahf;
#endif
#if defined(__SSE4A__)
    bits |= cpu::sse4a;
#endif
#if defined(__AVX__)
    bits |= cpu::avx;
#endif
#if defined(__AVX2__)
    bits |= cpu::avx2;
#endif
#if defined(__BMI__)
    bits |= cpu::bmi;
#endif
#if defined(__BMI2__)
    bits |= cpu::bmi2;
#endif
#if defined(__F16C__)
    bits |= cpu::f16c;
#endif
#if defined(__FMA__)
    bits |= cpu::fma;
#endif
#if defined(__LZCNT__)
    bits |= cpu::lzcnt;
#endif
#if defined(__MOVBE__)
    bits |= cpu::movbe;
#endif
#if defined(__FMA4__)
    bits |= cpu::fma4;
#endif
#if defined(__XOP__)
    bits |= cpu::xop;
#endif
#if defined(__AVXVNNI__)
    bits |= cpu::avxvnni;
#endif
#if defined(__GFNI__)
    bits |= cpu::gfni;
#endif
#if defined(__AVX512F__)
    bits |= cpu::avx512f;
#endif
#if defined(__AVX512CD__)
    bits |= cpu::avx512cd;
#endif
#if defined(__AVX512BW__)
    bits |= cpu::avx512bw;
#endif
#if defined(__AVX512DQ__)
    bits |= cpu::avx512dq;
#endif
#if defined(__AVX512VL__)
    bits |= cpu::avx512vl;
#endif
#if defined(__AVX512IFMA__)
    bits |= cpu::avx512ifma;
#endif
#if defined(__AVX512VBMI__)
    bits |= cpu::avx512vbmi;
#endif
#if defined(__AVX512VBMI2__)
    bits |= cpu::avx512vbmi2;
#endif
#if defined(__AVX512VNNI__)
    bits |= cpu::avx512vnni;
#endif
#if defined(__AVX512BITALG__)
    bits |= cpu::avx512bitalg;
#endif
#if defined(__AVX512VPOPCNTDQ__)
    bits |= cpu::avx512vpopcntdq;
#endif
#if defined(__AVX512FP16__)
    bits |= cpu::avx512fp16;
#endif
#if defined(__TBM__)
    bits |= cpu::tbm;
#endif
    return bits;
}();

inline namespace TERNION_ABI {

/// What this machine and its system have. xsimd knows whether the system saves the registers of AVX and AVX-512, and
/// most extensions; the others are asked for here. Without xsimd, or with a compiler other than GCC and Clang: all.
inline CpuFeatures cpu_features() noexcept {
#if defined(TERNION_NO_SIMD) || !defined(__GNUC__)
    return ~CpuFeatures{0};
#else
    CpuFeatures found = 0;
    const auto add = [&](CpuFeatures feature, bool there) { found |= there ? feature : 0; };
    const auto bit = [](unsigned bits, int place) { return (bits >> place & 1) != 0; };
    const auto known = xsimd::available_architectures();
    const bool avx = known.avx != 0, avx512 = avx && known.avx512f != 0;
    add(cpu::sse3, known.sse3), add(cpu::ssse3, known.ssse3);
    add(cpu::sse4_1, known.sse4_1), add(cpu::sse4_2, known.sse4_2);
    add(cpu::avx, avx), add(cpu::avx512f, avx512);
    add(cpu::fma, avx && known.fma3_avx != 0), add(cpu::fma4, avx && known.fma4 != 0);

    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) != 0) {
        add(cpu::popcnt, bit(c, 23)), add(cpu::cx16, bit(c, 13)), add(cpu::movbe, bit(c, 22));
        add(cpu::f16c, avx && bit(c, 29));
    }
    if (__get_cpuid(0x80000001, &a, &b, &c, &d) != 0) {
        add(cpu::lahf, bit(c, 0)), add(cpu::lzcnt, bit(c, 5)), add(cpu::sse4a, bit(c, 6));
        add(cpu::xop, avx && bit(c, 11)), add(cpu::tbm, bit(c, 21));
    }
    // Processors that lack this leaf answer with another one's numbers, which xsimd would take for AVX2's.
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return found;
    add(cpu::avx2, avx && known.avx2 != 0), add(cpu::avxvnni, avx && a >= 1 && known.avxvnni != 0);
    add(cpu::bmi, bit(b, 3)), add(cpu::bmi2, bit(b, 8)), add(cpu::gfni, bit(c, 8));
    if (!avx512) return found;
    add(cpu::avx512cd, known.avx512cd), add(cpu::avx512bw, known.avx512bw), add(cpu::avx512dq, known.avx512dq);
    add(cpu::avx512ifma, known.avx512ifma), add(cpu::avx512vbmi, known.avx512vbmi);
    add(cpu::avx512vnni, known.avx512vnni_bw), add(cpu::avx512vl, bit(b, 31)), add(cpu::avx512vbmi2, bit(c, 6));
    add(cpu::avx512bitalg, bit(c, 12)), add(cpu::avx512vpopcntdq, bit(c, 14));
    add(cpu::avx512fp16, bit(d, 23));
    return found;
#endif
}

}  // namespace TERNION_ABI
}  // namespace ternion
