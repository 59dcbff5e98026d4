#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitnet {

/// The types of metadata values, by their numbers in GGUF files.
enum class GgufType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

inline constexpr std::string_view gguf_magic = "GGUF";
inline constexpr std::uint32_t gguf_version = 3;
inline constexpr std::uint64_t gguf_default_alignment = 32;
inline constexpr std::uint32_t gguf_file_type_i2s = 40;  // "general.file_type" of files with I2_S layers

/// `at` rounded up to a multiple of `alignment`, a power of two. Wraps only within `alignment` of 2^64.
constexpr std::uint64_t align_up(std::uint64_t at, std::uint64_t alignment) {
    return (at + alignment - 1) & ~(alignment - 1);
}

/// A metadata value, still where it lies in the file. `type` is that of the elements where it is an array; the bytes of
/// an array are those of its elements, one after the other (a text is a 64-bit length and its bytes).
struct GgufValue {
    GgufType type = GgufType::u8;
    bool is_array = false;
    std::uint64_t count = 1;
    std::span<const std::byte> bytes;
};

/// Printable: a number, a text in quotes, the beginning of an array.
std::string to_text(const GgufValue& value);

struct GgufTensor {
    std::string_view name;
    std::uint32_t type = 0;
    std::vector<std::uint64_t> dims;  // fastest first; none is 0 and their product fits 63 bits
    std::uint64_t offset = 0;         // in the data section; aligned, and not past its end

    std::size_t cols() const { return static_cast<std::size_t>(dims.front()); }
    std::size_t rows() const;
};

/// The header of a GGUF file, version 3: metadata and the list of tensors. Every count, length, offset and product is
/// checked against the file's size; duplicate names are refused. Strings and values are views of `bytes`, which must
/// outlive this. What tensor types mean is not known here. It remembers which keys have been asked for, so that readers
/// can account for all of them.
class Gguf {
 public:
    Gguf(std::span<const std::byte> bytes, std::string file);
    Gguf(const Gguf&) = delete;
    Gguf& operator=(const Gguf&) = delete;

    const std::string& file() const { return file_; }
    const std::map<std::string_view, GgufValue>& metadata() const { return metadata_; }
    const std::vector<GgufTensor>& tensors() const { return tensors_; }
    /// What follows the header; tensors' offsets count from its beginning.
    std::span<const std::byte> data() const { return data_; }

    bool contains(std::string_view key) const { return metadata_.contains(key); }
    /// Whether a key was read by one of the functions below, or by `use`, which does nothing else.
    bool is_used(std::string_view key) const;
    void use(std::string_view key) const;
    /// Null where there is none.
    const GgufTensor* find_tensor(std::string_view name) const;

    /// A value of any integer type that isn't negative; a real; a text. A missing key and a wrong type throw
    /// FileError, which names the key, the expected and the found type.
    std::uint64_t integer(std::string_view key) const;
    double real(std::string_view key) const;
    bool flag(std::string_view key) const;
    std::string_view text(std::string_view key) const;
    std::vector<std::string_view> texts(std::string_view key) const;
    std::vector<std::int64_t> integers(std::string_view key) const;

 private:
    const GgufValue& value(std::string_view key, const char* expected, bool is_array, bool (*matches)(GgufType)) const;

    std::string file_;
    std::map<std::string_view, GgufValue> metadata_;
    mutable std::map<std::string_view, std::atomic<bool>> used_;  // as metadata_; set from any thread
    std::vector<GgufTensor> tensors_;
    std::map<std::string_view, std::size_t> tensor_index_;
    std::span<const std::byte> data_;
};

}  // namespace bitnet
