#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
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

/// What messages about a tensor end with.
std::string in_tensor(std::string_view name);

/// The product of `each` and a tensor's dimensions. Throws FileError where one is 0, or the product above 2^62.
std::uint64_t checked_product(std::span<const std::uint64_t> dims, std::uint64_t each, std::string_view tensor,
                              const std::string& file);

/// How a file stores the numbers of a dense tensor: blocks of `block_values` numbers in `block_bytes` bytes, one after
/// the other. `decode` turns whole blocks into floats, `encode` floats into whole blocks, rounding to nearest even; it
/// is null for those that can't hold any numbers. What isn't below `limit` in size would become infinite. A new format
/// is one entry in number_format.cpp.
struct NumberFormat {
    std::string_view name;    // "F32", "F16", "BF16", "Q8_0", "Q6_K", "TQ1_0", ...
    std::uint32_t gguf_type;  // its number in GGUF files
    std::size_t block_values;
    std::size_t block_bytes;
    void (*decode)(const std::byte* from, std::size_t blocks, float* to);
    void (*encode)(std::span<const float> from, std::byte* to);
    float limit = std::numeric_limits<float>::infinity();

    std::size_t bytes(std::size_t values) const { return values / block_values * block_bytes; }
};

/// All of them.
std::span<const NumberFormat> number_formats();

/// Null where there is none.
const NumberFormat* find_number_format(std::uint32_t gguf_type);
const NumberFormat* find_number_format(std::string_view name);

/// A matrix [rows, cols] of real numbers as a file holds it: an embedding, or a norm (one row). The rows are whole
/// blocks of `format` and follow one another without gaps; `bytes` is exactly rows * format->bytes(cols) long, not
/// necessarily aligned, and lives as long as the source.
struct DenseTensor {
    std::string name;
    const NumberFormat* format = nullptr;
    std::size_t rows = 0;
    std::size_t cols = 0;
    std::span<const std::byte> bytes;

    /// Rows `row_begin` and following, as many as `out` ([row_count, cols]) holds, as floats.
    void read(std::size_t row_begin, std::span<float> out) const;
    /// Rows `begin` to `end` - 1, where they lie.
    DenseTensor some_rows(std::size_t begin, std::size_t end) const {
        const std::size_t row_bytes = format->bytes(cols);
        return {name, format, end - begin, cols, bytes.subspan(begin * row_bytes, (end - begin) * row_bytes)};
    }
};

}  // namespace bitnet
