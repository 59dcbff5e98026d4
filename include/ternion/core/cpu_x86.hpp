#pragma once

// x86: what the inline namespace is called, the extensions of the instruction set, and those of runtime dispatch.
// An extension is a line in each of these three lists.

#include <cstdint>
#include <string_view>

#include "config.hpp"
#if defined(__GNUC__)
#include <cpuid.h>
#endif

// The name of the best backend that the flags allow, best first.
#if defined(TERNION_ABI)
#elif defined(__AVX512VNNI__) && defined(__AVX512VBMI__) && defined(__AVX512FP16__)
#define TERNION_ABI x86_avx512fp16
#elif defined(__AVX512VNNI__) && defined(__AVX512VBMI__)
#define TERNION_ABI x86_avx512vbmi
#elif defined(__AVX512VNNI__)
#define TERNION_ABI x86_avx512vnni
#elif defined(__AVX512BW__)
#define TERNION_ABI x86_avx512bw
#elif defined(__AVXVNNI__)
#define TERNION_ABI x86_avxvnni
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#define TERNION_ABI x86_avx2_fma_f16c
#elif defined(__AVX2__) && defined(__FMA__)
#define TERNION_ABI x86_avx2_fma
#elif defined(__AVX2__) && defined(__F16C__)
#define TERNION_ABI x86_avx2_f16c
#elif defined(__AVX2__)
#define TERNION_ABI x86_avx2
#elif defined(__AVX__) && defined(__FMA__)
#define TERNION_ABI x86_avx_fma
#elif defined(__AVX__)
#define TERNION_ABI x86_avx
#elif defined(__SSE4_1__)
#define TERNION_ABI x86_sse4
#elif defined(__SSSE3__)
#define TERNION_ABI x86_ssse3
#elif defined(__SSE2__) || defined(_M_X64)
#define TERNION_ABI x86_sse2
#else
#define TERNION_ABI baseline
#endif

// The extensions: name; the compiler's macro; which of x86-64-v2, v3 and v4 has it, 0 for none; where cpuid says so:
// leaf, subleaf, register, bit; and the registers that the system has to save for it.
#define TERNION_X86_FEATURES(ROW)                                         \
    ROW(sse3, __SSE3__, 2, 1, 0, ecx, 0, xmm)                             \
    ROW(ssse3, __SSSE3__, 2, 1, 0, ecx, 9, xmm)                           \
    ROW(fma, __FMA__, 3, 1, 0, ecx, 12, ymm)                              \
    ROW(cx16, __GCC_HAVE_SYNC_COMPARE_AND_SWAP_16, 2, 1, 0, ecx, 13, xmm) \
    ROW(sse4_1, __SSE4_1__, 2, 1, 0, ecx, 19, xmm)                        \
    ROW(sse4_2, __SSE4_2__, 2, 1, 0, ecx, 20, xmm)                        \
    ROW(movbe, __MOVBE__, 3, 1, 0, ecx, 22, xmm)                          \
    ROW(popcnt, __POPCNT__, 2, 1, 0, ecx, 23, xmm)                        \
    ROW(avx, __AVX__, 3, 1, 0, ecx, 28, ymm)                              \
    ROW(f16c, __F16C__, 3, 1, 0, ecx, 29, ymm)                            \
    ROW(bmi, __BMI__, 3, 7, 0, ebx, 3, xmm)                               \
    ROW(avx2, __AVX2__, 3, 7, 0, ebx, 5, ymm)                             \
    ROW(bmi2, __BMI2__, 3, 7, 0, ebx, 8, xmm)                             \
    ROW(avx512f, __AVX512F__, 4, 7, 0, ebx, 16, zmm)                      \
    ROW(avx512dq, __AVX512DQ__, 4, 7, 0, ebx, 17, zmm)                    \
    ROW(avx512ifma, __AVX512IFMA__, 0, 7, 0, ebx, 21, zmm)                \
    ROW(avx512cd, __AVX512CD__, 4, 7, 0, ebx, 28, zmm)                    \
    ROW(avx512bw, __AVX512BW__, 4, 7, 0, ebx, 30, zmm)                    \
    ROW(avx512vl, __AVX512VL__, 4, 7, 0, ebx, 31, zmm)                    \
    ROW(avx512vbmi, __AVX512VBMI__, 0, 7, 0, ecx, 1, zmm)                 \
    ROW(avx512vbmi2, __AVX512VBMI2__, 0, 7, 0, ecx, 6, zmm)               \
    ROW(gfni, __GFNI__, 0, 7, 0, ecx, 8, xmm)                             \
    ROW(avx512vnni, __AVX512VNNI__, 0, 7, 0, ecx, 11, zmm)                \
    ROW(avx512bitalg, __AVX512BITALG__, 0, 7, 0, ecx, 12, zmm)            \
    ROW(avx512vpopcntdq, __AVX512VPOPCNTDQ__, 0, 7, 0, ecx, 14, zmm)      \
    ROW(avx512fp16, __AVX512FP16__, 0, 7, 0, edx, 23, zmm)                \
    ROW(avxvnni, __AVXVNNI__, 0, 7, 1, eax, 4, ymm)                       \
    ROW(lahf, __LAHF_SAHF__, 2, 0x80000001, 0, ecx, 0, xmm)               \
    ROW(lzcnt, __LZCNT__, 3, 0x80000001, 0, ecx, 5, xmm)                  \
    ROW(sse4a, __SSE4A__, 0, 0x80000001, 0, ecx, 6, xmm)                  \
    ROW(xop, __XOP__, 0, 0x80000001, 0, ecx, 11, ymm)                     \
    ROW(fma4, __FMA4__, 0, 0x80000001, 0, ecx, 16, ymm)                   \
    ROW(tbm, __TBM__, 0, 0x80000001, 0, ecx, 21, xmm)

namespace ternion {
namespace cpu {

#define TERNION_ROW(name, ...) name,
enum class Index { TERNION_X86_FEATURES(TERNION_ROW) };
#undef TERNION_ROW

#define TERNION_ROW(name, ...) inline constexpr CpuFeatures name = CpuFeatures{1} << static_cast<int>(Index::name);
TERNION_X86_FEATURES(TERNION_ROW)
#undef TERNION_ROW

/// x86-64-v2, v3 and v4 of the System V ABI, above SSE2.
constexpr CpuFeatures x86_64_v(int level) noexcept {
#define TERNION_ROW(name, macro, first_level, ...) | (first_level != 0 && first_level <= level ? name : 0)
    return 0 TERNION_X86_FEATURES(TERNION_ROW);
#undef TERNION_ROW
}

}  // namespace cpu

/// What this unit's flags let the compiler use.
#define TERNION_ROW(name, macro, ...) | (TERNION_TEXT(macro) != std::string_view(#macro) ? cpu::name : 0)
[[maybe_unused]] constexpr CpuFeatures enabled_features = 0 TERNION_X86_FEATURES(TERNION_ROW);
#undef TERNION_ROW

/// The instruction sets of runtime dispatch, worst first: names, flags, and all that these flags let the compiler use.
/// The CMake function ternion_add_dispatched reads the lines of names and flags.
namespace isas {

struct baseline {
    static constexpr std::string_view name = "baseline", flags = "-march=x86-64";
    static constexpr CpuFeatures features = 0;
};
struct sse4 {
    static constexpr std::string_view name = "sse4", flags = "-march=x86-64-v2";
    static constexpr CpuFeatures features = cpu::x86_64_v(2);
};
struct avx2 {
    static constexpr std::string_view name = "avx2", flags = "-march=x86-64-v3";
    static constexpr CpuFeatures features = cpu::x86_64_v(3);
};
struct avxvnni {
    static constexpr std::string_view name = "avxvnni", flags = "-march=x86-64-v3 -mavxvnni";
    static constexpr CpuFeatures features = avx2::features | cpu::avxvnni;
};
struct avx512bw {
    static constexpr std::string_view name = "avx512bw", flags = "-march=x86-64-v4";
    static constexpr CpuFeatures features = cpu::x86_64_v(4);
};
struct avx512vnni {
    static constexpr std::string_view name = "avx512vnni", flags = "-march=x86-64-v4 -mavx512vnni";
    static constexpr CpuFeatures features = avx512bw::features | cpu::avx512vnni;
};
struct avx512vbmi {
    static constexpr std::string_view name = "avx512vbmi",
                                      flags = "-march=x86-64-v4 -mavx512ifma -mavx512vbmi -mavx512vnni";
    static constexpr CpuFeatures features = avx512vnni::features | cpu::avx512ifma | cpu::avx512vbmi;
};

}  // namespace isas

#if defined(__GNUC__)
namespace cpu {
inline namespace TERNION_ABI {

/// What cpuid says in eax, ebx, ecx and edx; zeros where the machine lacks the leaf.
struct Cpuid {
    unsigned leaf = 0, subleaf = 0;
    unsigned registers[4] = {};

    Cpuid(unsigned which, unsigned part) noexcept : leaf(which), subleaf(part) {
        auto& [a, b, c, d] = registers;
        if (__get_cpuid_count(leaf, 0, &a, &b, &c, &d) == 0 || a < subleaf) {
            a = b = c = d = 0;
        } else if (subleaf != 0) {
            __get_cpuid_count(leaf, subleaf, &a, &b, &c, &d);
        }
    }
};

/// The family of the processor, as its maker numbers them.
inline unsigned family() noexcept {
    const unsigned version = Cpuid(1, 0).registers[0], family = version >> 8 & 15;
    return family < 15 ? family : family + (version >> 20 & 255);
}

/// XCR0: a bit for each kind of registers that the system saves when it switches threads.
inline unsigned saved_registers() noexcept {
    constexpr unsigned osxsave = 1u << 27;
    if ((Cpuid(1, 0).registers[2] & osxsave) == 0) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

}  // namespace TERNION_ABI
}  // namespace cpu
#endif

inline namespace TERNION_ABI {

/// What this machine and its system have. With a compiler other than GCC and Clang: all.
inline CpuFeatures cpu_features() noexcept {
#if !defined(__GNUC__)
    return ~CpuFeatures{0};
#else
    enum Register { eax, ebx, ecx, edx };
    enum Saved : unsigned { xmm = 0, ymm = 0x06, zmm = 0xe6 };
    struct Row {
        CpuFeatures feature;
        unsigned leaf, subleaf, place, bit, saved;
    };
#define TERNION_ROW(name, macro, level, ...) {cpu::name, __VA_ARGS__},
    static constexpr Row rows[] = {TERNION_X86_FEATURES(TERNION_ROW)};
#undef TERNION_ROW
    const unsigned saved = cpu::saved_registers();
    CpuFeatures found = 0;
    cpu::Cpuid cpuid(1, 0);
    for (const Row& row : rows) {
        if (row.leaf != cpuid.leaf || row.subleaf != cpuid.subleaf) cpuid = cpu::Cpuid(row.leaf, row.subleaf);
        const bool there = (cpuid.registers[row.place] >> row.bit & 1) != 0;
        if (there && (row.saved & ~saved) == 0) found |= row.feature;
    }
    return found;
#endif
}

}  // namespace TERNION_ABI
}  // namespace ternion
