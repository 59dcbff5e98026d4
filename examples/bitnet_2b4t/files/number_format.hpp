#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace bitnet {

static_assert(std::endian::native == std::endian::little,
              "the file formats are little-endian, and so must the host be");

/// A number at any address of a file.
template <class T>
T load(const std::byte* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

/// How a file stores the numbers of a dense tensor: blocks of `block_values` numbers in `block_bytes` bytes, one after
/// the other. `decode` turns whole blocks into floats, `encode` floats into blocks, rounding to nearest even; it is
/// null for formats of larger blocks. A new format is one entry in number_format.cpp.
struct NumberFormat {
    std::string_view name;    // "F32", "F16", "BF16", "Q8_0", "Q6_K"
    std::uint32_t gguf_type;  // its number in GGUF files
    std::size_t block_values;
    std::size_t block_bytes;
    void (*decode)(const std::byte* from, std::size_t blocks, float* to);
    void (*encode)(std::span<const float> from, std::byte* to);

    std::size_t bytes(std::size_t values) const { return values / block_values * block_bytes; }
};

/// All of them.
std::span<const NumberFormat> number_formats();

/// Null where there is none.
const NumberFormat* find_number_format(std::uint32_t gguf_type);
const NumberFormat* find_number_format(std::string_view name);

}  // namespace bitnet
