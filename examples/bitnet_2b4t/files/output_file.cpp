#include "output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "file_error.hpp"

namespace bitnet {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 20;

/// The permissions that open() would give a new file, which mkstemp doesn't.
mode_t usual_permissions() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)), target_(path_) {
    buffer_.reserve(buffer_size);
    struct stat info {};
    const bool exists = ::stat(path_.c_str(), &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) throw FileError(path_, "a file to write", "a directory");
    if (exists && !S_ISREG(info.st_mode)) {
        descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    } else {
        std::error_code error;
        if (exists) target_ = std::filesystem::canonical(path_, error).string();
        if (exists && (error || ::access(target_.c_str(), W_OK) != 0)) fail("cannot be written");
        temporary_ = target_ + ".XXXXXX";
        descriptor_ = ::mkstemp(temporary_.data());
    }
    if (descriptor_ < 0) fail("cannot be written");
    if (!temporary_.empty()) ::fchmod(descriptor_, exists ? info.st_mode & 07777 : usual_permissions());
}

OutputFile::~OutputFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(std::span<const std::byte> bytes) {
    const bool large = bytes.size() > buffer_size / 2;
    if (large || buffer_.size() + bytes.size() > buffer_size) flush();
    if (large) return write_through(bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void OutputFile::flush() {
    write_through(buffer_);
    buffer_.clear();
}

void OutputFile::write_through(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor_, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot be written");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void OutputFile::finish() {
    flush();
    if (::close(std::exchange(descriptor_, -1)) != 0) {
        const int error = errno;
        if (!temporary_.empty()) ::unlink(temporary_.c_str());
        errno = error;
        fail("cannot be written");
    }
    if (temporary_.empty() || ::rename(temporary_.c_str(), target_.c_str()) == 0) return;
    const int error = errno;
    ::unlink(temporary_.c_str());
    errno = error;
    fail("cannot be put in place");
}

void OutputFile::fail(const char* what) const {
    throw FileError(path_, std::string(what) + ": " + std::strerror(errno));
}

}  // namespace bitnet
