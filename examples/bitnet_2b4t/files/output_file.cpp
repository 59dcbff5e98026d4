#include "output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "file_error.hpp"

namespace bitnet {
namespace {

/// The permissions that open() would give a new file, which mkstemp doesn't.
mode_t usual_permissions() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)), target_(path_) {
    struct stat info {};
    const bool exists = ::stat(path_.c_str(), &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) throw FileError(path_, "a file to write", "a directory");
    int descriptor = -1;
    if (exists && !S_ISREG(info.st_mode)) {
        descriptor = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    } else {
        std::error_code error;
        if (exists) target_ = std::filesystem::canonical(path_, error).string();
        if (exists && (error || ::access(target_.c_str(), W_OK) != 0)) fail("cannot be written");
        temporary_ = target_ + ".XXXXXX";
        descriptor = ::mkstemp(temporary_.data());
        if (descriptor >= 0) ::fchmod(descriptor, exists ? info.st_mode & 07777 : usual_permissions());
    }
    file_ = descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb");
    if (file_ == nullptr) fail("cannot be written");
}

OutputFile::~OutputFile() {
    if (file_ != nullptr) std::fclose(file_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(std::span<const std::byte> bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail("cannot be written");
}

void OutputFile::finish() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot be written");
    if (!temporary_.empty() && ::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be put in place");
    temporary_.clear();
}

void OutputFile::fail(const char* what) const {
    throw FileError(path_, std::string(what) + ": " + std::strerror(errno));
}

}  // namespace bitnet
