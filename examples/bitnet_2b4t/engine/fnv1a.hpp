#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bitnet {

/// FNV-1a of some numbers' bytes, in the order in which they are added: 64 bits that tell contents apart, and no more
/// than that; whoever wants two of the same hash can have them.
struct Fnv1a {
    std::uint64_t value = 0xcbf29ce484222325U;

    template <class T>
    void add(std::span<const T> numbers) {
        for (const std::byte byte : std::as_bytes(numbers))
            value = (value ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3U;
    }
};

}  // namespace bitnet
