#pragma once

// Which backend serves which arch. docs/adding_an_isa.md has what a new ISA needs.

#include <type_traits>
#include <utility>

#include "../core/type_list.hpp"
#include "backend.hpp"
#include "scalar.hpp"

#if !defined(TERNION_NO_SIMD)
#include "generic.hpp"
#if XSIMD_WITH_SSSE3
#include "isa/ssse3.hpp"
#endif
#if XSIMD_WITH_AVX2
#include "isa/avx2.hpp"
#endif
#if XSIMD_WITH_AVXVNNI
#include "isa/avxvnni.hpp"
#endif
#if XSIMD_WITH_AVX512BW
#include "isa/avx512bw.hpp"
#endif
#if XSIMD_WITH_AVX512VNNI_AVX512BW
#include "isa/avx512vnni.hpp"
#endif
#if XSIMD_WITH_AVX512VNNI_AVX512VBMI
#include "isa/avx512vbmi.hpp"
#endif
#if XSIMD_WITH_NEON64
#include "isa/neon.hpp"
#if defined(__ARM_FEATURE_DOTPROD)
#include "isa/neon_dotprod.hpp"
#endif
#endif
#if XSIMD_WITH_I8MM_NEON64
#include "isa/neon_i8mm.hpp"
#endif
#if XSIMD_WITH_SVE
#include "isa/sve.hpp"
#endif
#if XSIMD_WITH_RVV
#include "isa/rvv.hpp"
#endif
#if XSIMD_WITH_WASM
#include "isa/wasm_simd128.hpp"
#endif
#endif

namespace ternion {

#if defined(TERNION_NO_SIMD) || defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
using default_arch = Scalar;
#else
/// The best arch that the compiler's flags allow; every function takes another as its first template argument.
using default_arch = xsimd::default_arch;
#endif

inline namespace TERNION_ABI {

/// The backend that serves an arch.
template <class Arch>
using backend_of = decltype(select_backend(Rank<9>{}, std::declval<Arch>()));

}  // namespace TERNION_ABI

namespace detail {

template <class List, class Arch>
struct add_distinct;

template <class... Seen, class Arch>
struct add_distinct<type_list<Seen...>, Arch> {
    using Backend = backend_of<Arch>;
    static constexpr bool seen =
        ((backend_of<Seen>::name == Backend::name && backend_of<Seen>::bytes == Backend::bytes) || ...);
    using type = std::conditional_t<seen, type_list<Seen...>, type_list<Seen..., Arch>>;
};

template <class List, class... Archs>
struct distinct {
    using type = List;
};

template <class List, class First, class... Rest>
struct distinct<List, First, Rest...> : distinct<typename add_distinct<List, First>::type, Rest...> {};

#if defined(TERNION_NO_SIMD) || defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
using distinct_archs = type_list<Scalar>;
#else
template <class... Archs>
auto distinct_of(xsimd::arch_list<Archs...>) -> typename distinct<type_list<>, Archs..., Scalar>::type;
using distinct_archs = decltype(distinct_of(xsimd::supported_architectures{}));
#endif

}  // namespace detail

/// One arch for each different backend of this build, best first, scalar last: what tests and benchmarks run over.
using all_archs = detail::distinct_archs;

namespace detail {

/// Names the backend that lacks something.
template <Backend B>
constexpr bool is_backend() noexcept {
    return true;
}
static_assert([]<class... Arch>(type_list<Arch...>) { return (is_backend<backend_of<Arch>>() && ...); }(all_archs{}));

}  // namespace detail

}  // namespace ternion
