#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"

namespace ternion {
namespace detail {

inline namespace TERNION_ABI {

/// Writes `count` codes from number `first` on of blocks that follow each other, each with `Codes` codes in `Bytes`
/// bytes. decode(block, codes) writes those of a whole one: straight to `codes` where all of them are wanted, else
/// through a buffer. `codes` has room for `count`, and doesn't overlap the blocks.
template <std::size_t Codes, std::size_t Bytes, class Decode>
TERNION_INLINE void unpack_blocks(const std::byte* blocks, std::size_t first, std::size_t count, std::uint8_t* codes,
                                  const Decode& decode) noexcept {
    const std::byte* block = blocks + first / Codes * Bytes;
    std::uint8_t part[Codes];
    for (std::size_t done = 0; done < count; block += Bytes) {
        const std::size_t place = (first + done) % Codes;
        const std::size_t run = (std::min)(count - done, Codes - place);
        if (run == Codes) {
            decode(block, codes + done);
        } else {
            decode(block, part);
            std::memcpy(codes + done, part + place, run);
        }
        done += run;
    }
}

}  // namespace TERNION_ABI
}  // namespace detail
}  // namespace ternion
