#pragma once

// What instructions a unit is compiled for, and which ones this machine has. Each family of processors has a file,
// which also names TERNION_ABI, the inline namespace of everything that contains vector code.

#include <cstdint>
#include <string_view>

#include "config.hpp"

namespace ternion {

/// A bit for each extension of the instruction set that compilers use by themselves; `cpu` has their names.
using CpuFeatures = std::uint64_t;

}  // namespace ternion

#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64)
#include "cpu_x86.hpp"
#elif defined(__aarch64__)
#include "cpu_aarch64.hpp"
#else

#if defined(TERNION_ABI)
#elif defined(__ARM_NEON)
#define TERNION_ABI arm_neon
#elif defined(__riscv_v_fixed_vlen) && __riscv_v_fixed_vlen > 0
#define TERNION_ABI TERNION_JOIN(riscv_v_, __riscv_v_fixed_vlen)
#elif defined(__riscv_vector)
#define TERNION_ABI riscv_v
#elif defined(__wasm_simd128__)
#define TERNION_ABI wasm_simd128
#else
#define TERNION_ABI baseline
#endif

namespace ternion {

// No extensions are told apart on this kind of machine.
[[maybe_unused]] constexpr CpuFeatures enabled_features = 0;

inline namespace TERNION_ABI {
inline CpuFeatures cpu_features() noexcept {
    return 0;
}
}  // namespace TERNION_ABI

namespace isas {

struct baseline {
    static constexpr std::string_view name = "baseline";
    static constexpr CpuFeatures features = 0;
};

}  // namespace isas
}  // namespace ternion

#endif
