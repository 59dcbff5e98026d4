#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <ternion/tensor/ternary_bytes.hpp>

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

/// The product of `each` and a tensor's dimensions. Throws FileError where one is 0, or the product above 2^62.
std::uint64_t checked_product(std::span<const std::uint64_t> dims, std::uint64_t each, std::string_view tensor,
                              const std::string& file);

/// How a file stores the numbers of a dense tensor: blocks of `block_values` numbers in `block_bytes` bytes, one after
/// the other. `decode` turns whole blocks into floats, `encode` floats into blocks, rounding to nearest even; it is
/// null for formats of larger blocks. A new format is one entry in tensor_format.cpp.
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
};

/// A matrix [rows, cols] of trits with one scale that multiplies, where the file holds it, in one of the library's
/// packings: `matrix` goes to ternion::repack_as as it is, once `check_codes` has seen it. It lives as long as the
/// source and this; `owner` keeps weights that were quantised here.
struct TernaryTensor {
    std::string file, name;
    std::string format;  // as the file calls it, for messages: "I2_S", "U8"
    ternion::TernaryBytes matrix;
    std::shared_ptr<const void> owner = {};

    std::size_t rows() const { return matrix.shape.n; }
    std::size_t cols() const { return matrix.shape.k; }
    float scale() const { return matrix.scale; }
    std::span<const std::byte> bytes() const { return {matrix.data, matrix.packing->bytes(matrix.shape)}; }

    /// Throws FileError where a code is no trit: every byte is read for that.
    void check_codes() const;
    /// Rows `row_begin` and following, as many as `out` ([row_count, cols], row-major) holds, as -1, 0 and +1; throws
    /// FileError where one is no trit. From many threads at once.
    void read(std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out) const;
};

/// Weights as they were trained, quantised by absmean (arXiv 2402.17764): the scale gamma is max(mean abs(w), 1e-5), a
/// trit is w / gamma, rounded (half to even) and clamped. Holds the trits itself. Throws FileError where a weight is no
/// finite number.
TernaryTensor quantize_master(const DenseTensor& weights, const std::string& file);

/// A ternary matrix as a file holds it, before its bytes have been looked at.
struct StoredMatrix {
    const std::string& file;
    std::string name;
    std::string format;  // as the file calls it
    std::size_t rows;
    std::size_t cols;
    std::span<const std::byte> bytes;
};

/// How GGUF files store ternary matrices. `bytes` gives the size of a matrix, or 0 where the format can't hold that
/// shape; `open` reads the scale and throws FileError where it is none. A new format is one entry in
/// tensor_format.cpp.
struct TernaryFormat {
    std::string_view name;
    std::uint32_t gguf_type;
    std::size_t (*bytes)(std::size_t rows, std::size_t cols);
    TernaryTensor (*open)(const StoredMatrix& matrix);
};

extern const TernaryFormat i2s_format;
inline constexpr std::size_t i2s_tail = 32;  // bytes behind the codes, which begin with the scale, a float

/// Null where there is none.
const TernaryFormat* find_ternary_format(std::uint32_t gguf_type);

/// A matrix as safetensors files hold it, in the layout of ternion::HuggingFace and without its scale.
TernaryTensor open_hugging_face(const StoredMatrix& matrix, float scale);

/// Refuses a scale that is NaN, infinite or zero.
void check_scale(const std::string& file, std::string_view tensor, float scale);

}  // namespace bitnet
