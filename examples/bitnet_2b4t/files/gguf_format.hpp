#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bitnet {

/// The types of metadata values, by their numbers in GGUF files.
enum class GgufType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

inline constexpr std::uint32_t gguf_type_count = 13;
inline constexpr std::string_view gguf_magic = "GGUF";
inline constexpr std::uint32_t gguf_version = 3;
inline constexpr std::uint64_t gguf_default_alignment = 32;
inline constexpr std::uint32_t gguf_file_type_i2s = 40;  // "general.file_type" of files with I2_S layers

/// "u32", "text" and so on.
std::string_view name_of(GgufType type);

/// Bytes of one value; 0 for texts and arrays, whose sizes vary.
std::size_t size_of(GgufType type);

/// `at` rounded up to a multiple of `alignment`, a power of two. Wraps only within `alignment` of 2^64.
constexpr std::uint64_t align_up(std::uint64_t at, std::uint64_t alignment) {
    return (at + alignment - 1) & ~(alignment - 1);
}

}  // namespace bitnet
