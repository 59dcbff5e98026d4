#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model_source.hpp"

namespace bitnet {

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
/// ternary_format.cpp.
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
