#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <ternion/core/aligned_buffer.hpp>

namespace program {

/// A whole file in memory, read-only: mapped, so that pages come in when they are touched, or read at once. The bytes
/// begin at a multiple of 64. Throws FileError for what is no regular file, is empty, can't be read or doesn't fit into
/// memory. Where somebody truncates a file while it is mapped, touching the lost pages raises SIGBUS: see
/// end_on_truncation. With Mode::read that can't happen.
class MappedFile {
 public:
    enum class Mode { map, read };

    explicit MappedFile(std::string path, Mode mode = Mode::map);
    /// As if a file `name` with these bytes had been read.
    MappedFile(std::string name, std::span<const std::byte> contents);
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    const std::string& name() const { return name_; }
    std::span<const std::byte> bytes() const { return bytes_; }
    std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
    void map(int descriptor, std::size_t size);
    void read(int descriptor, std::size_t size);
    void allocate(std::size_t size);

    std::string name_;
    ternion::AlignedBuffer<std::byte> memory_;  // where the file was read; empty where it is mapped
    std::span<const std::byte> bytes_;
};

/// From now on, lost pages of a mapped file end the process with one line on standard error, "PREFIX: FILE: ...", and
/// status 1, instead of a core dump; those of up to 64 files at once. Any other SIGBUS does what it did. For programs;
/// a library leaves signals alone.
void end_on_truncation(const char* prefix);

}  // namespace program
