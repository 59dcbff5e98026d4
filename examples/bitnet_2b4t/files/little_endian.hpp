#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace bitnet {

static_assert(std::endian::native == std::endian::little,
              "the file formats are little-endian, and so must the host be");

/// A number at any address of a file.
template <class T>
T load(const std::byte* from) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

}  // namespace bitnet
