#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <utility>

#include "file_error.hpp"

namespace program {
namespace {

struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

std::array<std::atomic<const MappedFile*>, 64> mapped{};  // for the signal handler
const char* message_prefix = "";

/// Calls nothing that a signal handler may not call.
void on_bus_error(int, siginfo_t* info, void*) {
    const auto* address = static_cast<const std::byte*>(info->si_addr);
    for (const MappedFile* file : mapped) {
        if (file == nullptr) continue;
        const std::span<const std::byte> bytes = file->bytes();
        if (address < bytes.data() || address >= bytes.data() + bytes.size()) continue;
        for (const char* part :
             {message_prefix, ": ", file->name().c_str(), ": expected all of the file, found it truncated since\n"}) {
            if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
        }
        ::_exit(1);
    }
    std::signal(SIGBUS, SIG_DFL);  // back where it came from, which ends the process
}

/// In one place, if there is one.
void exchange_watched(const MappedFile* from, const MappedFile* to) {
    for (auto& place : mapped) {
        const MappedFile* expected = from;
        if (place.compare_exchange_strong(expected, to)) return;
    }
}

std::size_t regular_size(int descriptor, const std::string& name) {
    struct stat info{};
    if (::fstat(descriptor, &info) != 0) throw FileError(name, std::strerror(errno));
    if (S_ISDIR(info.st_mode)) throw FileError(name, "a file", "a directory");
    if (!S_ISREG(info.st_mode)) throw FileError(name, "a regular file", "a device, pipe or socket");
    if (info.st_size == 0) throw FileError(name, "a file with contents", "an empty one");
    if (static_cast<std::uintmax_t>(info.st_size) > SIZE_MAX) throw FileError(name, "too large for this machine");
    return static_cast<std::size_t>(info.st_size);
}

}  // namespace

MappedFile::MappedFile(std::string path, Mode mode) : name_(std::move(path)) {
    // O_NONBLOCK: opening a pipe that nobody writes to would wait forever.
    const Descriptor file{::open(name_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.number < 0) throw FileError(name_, std::string("cannot be opened: ") + std::strerror(errno));
    const std::size_t size = regular_size(file.number, name_);
    mode == Mode::map ? map(file.number, size) : read(file.number, size);
}

MappedFile::MappedFile(std::string name, std::span<const std::byte> contents) : name_(std::move(name)) {
    allocate(contents.size());
    std::copy(contents.begin(), contents.end(), memory_.data());
}

MappedFile::~MappedFile() {
    if (bytes_.data() == memory_.data()) return;
    exchange_watched(this, nullptr);
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::map(int descriptor, std::size_t size) {
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) throw FileError(name_, std::string("cannot be mapped: ") + std::strerror(errno));
    bytes_ = {static_cast<const std::byte*>(memory), size};
    exchange_watched(nullptr, this);
}

void MappedFile::allocate(std::size_t size) try {
    memory_.resize(size);
    bytes_ = {memory_.data(), size};
} catch (const std::exception&) {
    throw FileError(name_, joined("its ", size, " bytes do not fit into memory"));
}

void MappedFile::read(int descriptor, std::size_t size) {
    constexpr std::size_t most = std::size_t{1} << 30;
    allocate(size);
    for (std::size_t done = 0; done < size;) {
        const ssize_t count = ::read(descriptor, memory_.data() + done, std::min(size - done, most));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw FileError(name_, std::string("cannot be read: ") + std::strerror(errno));
        if (count == 0) throw FileError(name_, joined(size, " bytes"), done);
        done += static_cast<std::size_t>(count);
    }
}

void end_on_truncation(const char* prefix) {
    message_prefix = prefix;
    struct sigaction action{};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace program
