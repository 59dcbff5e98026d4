#pragma once

// Macros for errors, assertions and inlining, and the inline namespace that keeps functions compiled with different
// instruction sets apart. Nothing here needs a definition from the build.
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
// translation units compiled with different flags can be linked into one program. The files core/cpu*.hpp name it.
#define TERNION_JOIN_WORDS(a, b) a##b
#define TERNION_JOIN(a, b) TERNION_JOIN_WORDS(a, b)
#if defined(TERNION_NO_SIMD)
#define TERNION_ABI no_simd
#endif

/// What a macro stands for, as text: the macro's own name if it isn't defined.
#define TERNION_TEXT_OF(...) #__VA_ARGS__
#define TERNION_TEXT(macro) TERNION_TEXT_OF(macro)

// The instruction set that this unit is compiled for, and all of the program, as types: set by the CMake function
// ternion_add_dispatched for runtime dispatch. Everything else has one, that of its compiler's flags.
#ifndef TERNION_ISA
#define TERNION_ISA ::ternion::isas::own_flags
#endif
#ifndef TERNION_ISAS
#define TERNION_ISAS TERNION_ISA
#endif

#include "cpu.hpp"
