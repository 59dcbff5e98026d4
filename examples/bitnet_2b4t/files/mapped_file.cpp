#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "file_error.hpp"

namespace bitnet {
namespace {

struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

std::size_t regular_size(int descriptor, const std::string& name) {
    struct stat info {};
    if (::fstat(descriptor, &info) != 0) throw FileError(name, std::strerror(errno));
    if (S_ISDIR(info.st_mode)) throw FileError(name, "a file", "a directory");
    if (!S_ISREG(info.st_mode)) throw FileError(name, "a regular file", "a device, pipe or socket");
    if (info.st_size == 0) throw FileError(name, "a model", "an empty file");
    if (static_cast<std::uintmax_t>(info.st_size) > SIZE_MAX) throw FileError(name, "too large for this machine");
    return static_cast<std::size_t>(info.st_size);
}

void read_all(int descriptor, std::byte* to, std::size_t size, const std::string& name) {
    constexpr std::size_t most = std::size_t{1} << 30;
    for (std::size_t done = 0; done < size;) {
        const ssize_t count = ::read(descriptor, to + done, std::min(size - done, most));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw FileError(name, std::string("cannot be read: ") + std::strerror(errno));
        if (count == 0) throw FileError(name, std::to_string(size) + " bytes", std::to_string(done));
        done += static_cast<std::size_t>(count);
    }
}

}  // namespace

MappedFile::MappedFile(std::string path, Mode mode) : name_(std::move(path)) {
    // O_NONBLOCK: opening a pipe that nobody writes to would wait forever.
    const Descriptor file{::open(name_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.number < 0) throw FileError(name_, std::string("cannot be opened: ") + std::strerror(errno));
    const std::size_t size = regular_size(file.number, name_);
    void* memory = mode == Mode::map
                       ? ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.number, 0)
                       : ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        throw FileError(name_, std::to_string(size) + " bytes do not fit into memory: " + std::strerror(errno));
    }
    data_ = static_cast<std::byte*>(memory);
    size_ = size;
    if (mode == Mode::map) return;
    try {
        read_all(file.number, data_, size_, name_);
    } catch (...) {
        ::munmap(data_, size_);
        throw;
    }
}

MappedFile::~MappedFile() {
    ::munmap(data_, size_);
}

}  // namespace bitnet
