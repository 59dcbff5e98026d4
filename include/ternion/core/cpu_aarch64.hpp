#pragma once

// AArch64: what the inline namespace is called, the extensions of the instruction set, and those of runtime
// dispatch. An extension is a line in each of these three lists.

#include <cstdint>
#include <string_view>

#include "config.hpp"
#if defined(__linux__)
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

// The name of the best backend that the flags allow, best first.
#if defined(TERNION_ABI)
#elif defined(__ARM_FEATURE_SVE) && __ARM_FEATURE_SVE_BITS > 0 && defined(__ARM_FEATURE_SVE_MATMUL_INT8)
#define TERNION_ABI TERNION_JOIN(arm_sve_i8mm_, __ARM_FEATURE_SVE_BITS)
#elif defined(__ARM_FEATURE_SVE) && __ARM_FEATURE_SVE_BITS > 0
#define TERNION_ABI TERNION_JOIN(arm_sve_, __ARM_FEATURE_SVE_BITS)
#elif defined(__ARM_FEATURE_SVE) && defined(__ARM_FEATURE_DOTPROD)
#define TERNION_ABI arm_sve_dotprod
#elif defined(__ARM_FEATURE_SVE)
#define TERNION_ABI arm_sve
#elif defined(__ARM_FEATURE_MATMUL_INT8)
#define TERNION_ABI arm_i8mm
#elif defined(__ARM_FEATURE_DOTPROD)
#define TERNION_ABI arm_dotprod
#else
#define TERNION_ABI arm_neon
#endif

// The extensions: name; the compiler's macro; where Linux says so: the first or second word of hwcaps, and its bits
// there.
#define TERNION_AARCH64_FEATURES(ROW)                           \
    ROW(crc32, __ARM_FEATURE_CRC32, 0, 1u << 7)                 \
    ROW(atomics, __ARM_FEATURE_ATOMICS, 0, 1u << 8)             \
    ROW(fp16, __ARM_FEATURE_FP16_SCALAR_ARITHMETIC, 0, 3u << 9) \
    ROW(rdma, __ARM_FEATURE_QRDMX, 0, 1u << 12)                 \
    ROW(fcma, __ARM_FEATURE_COMPLEX, 0, 1u << 14)               \
    ROW(dotprod, __ARM_FEATURE_DOTPROD, 0, 1u << 20)            \
    ROW(sve, __ARM_FEATURE_SVE, 0, 1u << 22)                    \
    ROW(sve2, __ARM_FEATURE_SVE2, 1, 1u << 1)                   \
    ROW(i8mm, __ARM_FEATURE_MATMUL_INT8, 1, 1u << 13)           \
    ROW(bf16, __ARM_FEATURE_BF16, 1, 1u << 14)

namespace ternion {
namespace cpu {

#define TERNION_ROW(name, ...) name,
enum class Index { TERNION_AARCH64_FEATURES(TERNION_ROW) };
#undef TERNION_ROW

#define TERNION_ROW(name, ...) inline constexpr CpuFeatures name = CpuFeatures{1} << static_cast<int>(Index::name);
TERNION_AARCH64_FEATURES(TERNION_ROW)
#undef TERNION_ROW

/// SVE whose registers have exactly so many bits.
constexpr CpuFeatures sve_of(int bits) noexcept {
    return CpuFeatures{1} << (40 + bits / 128);
}

}  // namespace cpu

#if defined(__ARM_FEATURE_SVE) && __ARM_FEATURE_SVE_BITS > 0
constexpr CpuFeatures enabled_sve_length = cpu::sve_of(__ARM_FEATURE_SVE_BITS);
#else
constexpr CpuFeatures enabled_sve_length = 0;
#endif

/// What this unit's flags let the compiler use.
#define TERNION_ROW(name, macro, ...) | (TERNION_TEXT(macro) != std::string_view(#macro) ? cpu::name : 0)
[[maybe_unused]] constexpr CpuFeatures enabled_features = enabled_sve_length TERNION_AARCH64_FEATURES(TERNION_ROW);
#undef TERNION_ROW

/// The instruction sets of runtime dispatch, worst first: names, flags, and all that these flags let the compiler use.
/// The CMake function ternion_add_dispatched reads the lines of names and flags.
namespace isas {

struct baseline {
    static constexpr std::string_view name = "baseline", flags = "-march=armv8-a";
    static constexpr CpuFeatures features = 0;
};
struct dotprod {
    static constexpr std::string_view name = "dotprod", flags = "-march=armv8.2-a+dotprod";
    static constexpr CpuFeatures features = cpu::crc32 | cpu::atomics | cpu::rdma | cpu::dotprod;
};
struct i8mm {
    static constexpr std::string_view name = "i8mm", flags = "-march=armv8.2-a+dotprod+i8mm";
    static constexpr CpuFeatures features = dotprod::features | cpu::i8mm;
};
struct sve256 {
    static constexpr std::string_view name = "sve256",
                                      flags = "-march=armv8.2-a+dotprod+sve+i8mm -msve-vector-bits=256";
    static constexpr CpuFeatures features = i8mm::features | cpu::fp16 | cpu::sve | cpu::sve_of(256);
};
/// Without int8 matrices.
struct sve512 {
    static constexpr std::string_view name = "sve512", flags = "-march=armv8.2-a+sve -msve-vector-bits=512";
    static constexpr CpuFeatures features =
        cpu::crc32 | cpu::atomics | cpu::rdma | cpu::fp16 | cpu::sve | cpu::sve_of(512);
};

}  // namespace isas

inline namespace TERNION_ABI {

/// What this machine and its system have, as Linux tells it. On other systems: nothing.
inline CpuFeatures cpu_features() noexcept {
    CpuFeatures found = 0;
#if defined(__linux__)
    const unsigned long hwcaps[] = {getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};
#define TERNION_ROW(name, macro, word, bits) \
    if ((hwcaps[word] & (bits)) == (bits)) found |= cpu::name;
    TERNION_AARCH64_FEATURES(TERNION_ROW)
#undef TERNION_ROW
    if ((found & cpu::sve) != 0) {
        const int answer = prctl(PR_SVE_GET_VL);
        if (answer > 0) found |= cpu::sve_of(8 * (answer & PR_SVE_VL_LEN_MASK));
    }
#endif
    return found;
}

}  // namespace TERNION_ABI
}  // namespace ternion
