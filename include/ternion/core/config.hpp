#pragma once

// The only place where ternion defines macros: errors, assertions, inlining, and the name of the inline namespace that
// keeps functions compiled with different instruction sets apart. Nothing here needs a definition from the build.
//
// A user may define TERNION_NO_SIMD: the scalar backend is then the only one, and xsimd isn't even included.

#include <bit>

static_assert(std::endian::native == std::endian::little,
              "ternion: packed layouts are little-endian; this machine is not");

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "ternion: -ffast-math and -ffinite-math-only change rounding and the handling of NaN; compile without them"
#endif

#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define TERNION_THROW(Exception, message) throw Exception(message)
#else
#include <cstdio>
#include <cstdlib>
#include <string>
/// Without exceptions an error prints its message and aborts.
#define TERNION_THROW(Exception, message) \
    (std::fprintf(stderr, "ternion: %s\n", std::string(message).c_str()), std::abort())
#endif

#ifndef TERNION_ASSERT
#include <cassert>
/// A documented precondition of a hot function; checked unless NDEBUG is defined.
#define TERNION_ASSERT(condition) assert(condition)
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define TERNION_INLINE __forceinline
#else
/// Kernels are built of many small functions that only make sense inlined.
#define TERNION_INLINE inline __attribute__((always_inline))
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define TERNION_NOINLINE __declspec(noinline)
#else
/// For an innermost loop that needs every register: inlined into another loop, GCC hoists that one's values into it.
#define TERNION_NOINLINE __attribute__((noinline))
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define TERNION_INLINE_LAMBDA
#else
/// The same for a lambda, after its parameter list.
#define TERNION_INLINE_LAMBDA __attribute__((always_inline))
#endif

// Functions that contain vector code live in an inline namespace named after what the compiler may use, so that
// translation units compiled with different flags can be linked into one program.
#define TERNION_JOIN_WORDS(a, b) a##b
#define TERNION_JOIN(a, b) TERNION_JOIN_WORDS(a, b)
#if defined(TERNION_NO_SIMD)
#define TERNION_ABI no_simd
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

// The arch that this unit is compiled for, and all of the program, as types of simd/arch.hpp: set by the CMake function
// ternion_add_dispatched for runtime dispatch. Everything else has one arch, that of its compiler's flags.
#ifndef TERNION_ARCH
#define TERNION_ARCH ::ternion::archs::own_flags
#endif
#ifndef TERNION_ARCHS
#define TERNION_ARCHS TERNION_ARCH
#endif
