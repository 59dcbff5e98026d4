#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <program/io/output_file.hpp>
#include "gguf.hpp"
#include "model_source.hpp"

namespace bitnet {

/// Writes a GGUF file in small memory. First come the metadata and a declaration of every tensor, then the tensors'
/// bytes in the order of their declarations, in pieces of any size within a tensor; padding is added between them.
/// `finish` puts the file in place; without it nothing stays. A wrong order or size of the calls throws
/// std::logic_error, a failing write FileError, and so does a path that is one of `inputs`.
class GgufWriter {
 public:
    explicit GgufWriter(std::string path, const std::vector<std::string>& inputs = {})
        : file_(std::move(path), inputs) {}

    void add(std::string_view key, std::uint32_t value) { add_number(key, GgufType::u32, value); }
    void add(std::string_view key, float value) { add_number(key, GgufType::f32, value); }
    void add(std::string_view key, bool value) { add_number(key, GgufType::boolean, value); }
    void add(std::string_view key, std::string_view text);
    void add(std::string_view key, const char* text) { add(key, std::string_view(text)); }
    void add(std::string_view key, std::span<const std::string> texts);
    void add(std::string_view key, std::span<const std::int32_t> values) {
        add(key, GgufValue{GgufType::i32, true, values.size(), std::as_bytes(values)});
    }
    /// As another file has it.
    void add(std::string_view key, const GgufValue& value);

    /// `dims` are the fastest first; `bytes` is the size of the tensor's data.
    void declare(std::string_view name, std::uint32_t type, std::span<const std::uint64_t> dims, std::uint64_t bytes);

    void write(std::span<const std::byte> bytes);
    void finish();

 private:
    template <class T>
    void add_number(std::string_view key, GgufType type, T value) {
        add(key, GgufValue{type, false, 1, std::as_bytes(std::span(&value, 1))});
    }
    void write_header();

    program::OutputFile file_;
    std::vector<std::byte> values_;
    std::vector<std::byte> infos_;
    std::uint64_t value_count_ = 0;
    std::vector<std::uint64_t> sizes_;  // of the tensors' data
    std::uint64_t data_size_ = 0;       // declared so far, with padding
    bool header_written_ = false;
    std::size_t tensor_ = 0;     // the one that is being written
    std::uint64_t written_ = 0;  // of it
};

/// Declares a tensor with its dimensions as GGUF has them: the fastest first, one for a norm.
void declare(GgufWriter& writer, const ModelTensor& tensor, std::uint32_t type, std::uint64_t bytes);
/// Writes what ends an I2_S tensor, after its codes.
void write_i2s_tail(GgufWriter& writer, float scale);

}  // namespace bitnet
