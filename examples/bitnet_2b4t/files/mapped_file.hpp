#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace bitnet {

/// A whole file in memory, read-only: mapped, so that pages come in when they are touched, or read at once. The bytes
/// start at a page boundary. Throws FileError for what is no regular file, is empty or can't be read. A file that
/// somebody truncates while it is mapped kills the process when the lost pages are touched; `read` is safe from that.
class MappedFile {
 public:
    enum class Mode { map, read };

    explicit MappedFile(std::string path, Mode mode = Mode::map);
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    const std::string& name() const { return name_; }
    std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
    std::string name_;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace bitnet
