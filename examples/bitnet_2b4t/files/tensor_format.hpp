#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <ternion/core/thread_pool.hpp>
#include <ternion/tensor/repack.hpp>
#include <ternion/tensor/ternary_bytes.hpp>
#include <vector>

#include "number_format.hpp"

namespace bitnet {

/// A matrix [rows, cols] of trits with scales that multiply, one for the matrix, a row or a group of inputs, where the
/// file holds it, in one of the library's packings: `matrix` goes to ternion::repack_as as it is, once `check_codes`
/// has seen it. It lives as long as the source and this; `owner` keeps what isn't in the file as it is here.
struct TernaryTensor {
    std::string file, name;
    std::string format;  // as the file calls it, for messages: "I2_S", "U8"
    ternion::TernaryBytes matrix;
    std::shared_ptr<const void> owner = {};
    bool rounded = false;  // from floats that weren't ternary

    std::size_t rows() const { return matrix.shape.n; }
    std::size_t cols() const { return matrix.shape.k; }
    /// Where it has one.
    float scale() const { return matrix.scale; }
    /// The scale as text: a number, or for how many weights there is one.
    std::string scale_text() const;
    /// The same matrix with each scale times `factor`.
    TernaryTensor scaled(float factor) const;
    std::span<const std::byte> bytes() const { return {matrix.data, matrix.packing->bytes(matrix.shape)}; }

    /// Throws FileError where a code is no trit: every byte is read for that.
    void check_codes() const;
    /// Rows `row_begin` and following, as many as `out` ([row_count, cols], row-major) holds, as -1, 0 and +1; throws
    /// FileError where one is no trit. From many threads at once.
    void read(std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out) const;
};

/// Trits, one byte each, and scales as TernaryBytes describes them, in memory of their own.
TernaryTensor own_trits(std::string file, std::string name, std::string format, ternion::Shape shape,
                        std::vector<std::int8_t> trits, ternion::RepackedScales scales);

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
/// shape; `open` reads the scales and throws FileError where they are none; `pack` makes the bytes of any matrix that
/// fits, and throws std::invalid_argument where its scales don't. A new format is one entry in tensor_format.cpp.
struct TernaryFormat {
    std::string_view name;
    std::uint32_t gguf_type;
    std::uint32_t file_type;  // "general.file_type" of files with such layers
    std::size_t (*bytes)(std::size_t rows, std::size_t cols);
    TernaryTensor (*open)(const StoredMatrix& matrix);
    std::vector<std::byte> (*pack)(const ternion::TernaryBytes& matrix, ternion::ThreadPool& threads);
};

extern const TernaryFormat i2s_format;
inline constexpr std::size_t i2s_tail = 32;  // bytes behind the codes, which begin with the scale, a float

/// Null where there is none.
const TernaryFormat* find_ternary_format(std::uint32_t gguf_type);
const TernaryFormat* find_ternary_format(std::string_view name);
inline constexpr std::uint32_t gguf_type_q2_0 = 42, gguf_type_pq2_0 = 142;

/// Rows `begin` to `end` - 1 of a matrix with their scales, as a matrix of its own in memory of its own; throws
/// FileError where one of them holds what is no trit.
TernaryTensor some_rows(const TernaryTensor& matrix, std::size_t begin, std::size_t end, ternion::ThreadPool& threads);

/// A matrix as safetensors files hold it, in the layout of ternion::HuggingFace and without its scale.
TernaryTensor open_hugging_face(const StoredMatrix& matrix, float scale);

/// Refuses a scale that is NaN, infinite or zero.
void check_scale(const std::string& file, std::string_view tensor, float scale);
/// The one number of a tensor that is the scale of another.
float read_scale(const DenseTensor& tensor, const std::string& file);

}  // namespace bitnet
