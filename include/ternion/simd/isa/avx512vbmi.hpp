#pragma once

#include "avx512vnni.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// AVX-512 VNNI with VBMI: vpermb looks up 64 bytes in a table of 64.
template <class Arch>
struct Avx512Vbmi : Avx512Vnni<Arch> {
    using typename Avx512Vnni<Arch>::Bytes;
    static constexpr std::string_view name = "avx512vbmi";
    static constexpr bool cheap_lookup64 = true;
    static constexpr bool composed_lookup64 = false;

    static TERNION_INLINE Bytes lookup64(const std::array<std::uint8_t, 64>& table, Bytes index) noexcept {
        return Bytes(_mm512_maskz_permutexvar_epi8(~__mmask64{0}, index, _mm512_loadu_si512(table.data())));
    }
};

template <std::derived_from<xsimd::avx512vnni<xsimd::avx512vbmi>> Arch>
Avx512Vbmi<Arch> select_backend(Rank<5>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
