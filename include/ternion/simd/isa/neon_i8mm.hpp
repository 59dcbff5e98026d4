#pragma once

#include "neon_dotprod.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// NEON with Armv8.6's int8 matrix instructions (optional from 8.2), of which usdot takes codes of the whole byte.
template <class Arch>
struct NeonI8mm : NeonDotprod<Arch> {
    using Base = NeonDotprod<Arch>;
    using typename Base::Bytes;
    using typename Base::Narrow;
    static constexpr std::string_view name = "neon_i8mm";
    static constexpr unsigned largest_code = 255;

    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        return Narrow(vusdotq_s32(sum, codes, vreinterpretq_s8_u8(activations)));
    }
};

template <std::derived_from<xsimd::i8mm<xsimd::neon64>> Arch>
NeonI8mm<Arch> select_backend(Rank<3>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
