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

namespace program {
namespace {

/// Where a path leads by way of symbolic links, also where nothing is there yet.
std::string followed(std::filesystem::path path) {
    std::error_code error;
    for (int links = 0; links < 40 && std::filesystem::is_symlink(path, error); ++links)
        path = path.parent_path() / std::filesystem::read_symlink(path, error);
    return path.string();
}

/// The permissions that open() would give a new file, which mkstemp doesn't.
mode_t usual_permissions() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
}

}  // namespace

OutputFile::OutputFile(std::string path, const std::vector<std::string>& inputs)
    : path_(std::move(path)), target_(followed(path_)) {
    if (path_ == "-") throw FileError("output", "the name of a file", in_quotes(path_));
    for (const std::string& input : inputs) {
        std::error_code ignored;  // what isn't there is not the same
        if (std::filesystem::equivalent(path_, input, ignored)) {
            throw FileError(path_, "another file for the output", "the input itself");
        }
    }
    struct stat info{};
    const bool exists = ::stat(path_.c_str(), &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) throw FileError(path_, "a file to write", "a directory");
    int descriptor = -1;
    if (exists && !S_ISREG(info.st_mode)) {
        descriptor = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    } else {
        std::error_code error;
        if (std::filesystem::is_symlink(target_, error)) fail("cannot be written");  // links in a circle
        if (exists && ::access(target_.c_str(), W_OK) != 0) fail("cannot be written");
        temporary_ = (std::filesystem::path(target_).parent_path() / ".ternion-XXXXXX").string();
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
    if (bytes.empty()) return;  // which may have no address, and fwrite wants one
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail("cannot be written");
}

void OutputFile::finish() {
    const bool regular = !temporary_.empty();
    if (std::fflush(file_) != 0 || (regular && ::fsync(::fileno(file_)) != 0)) fail("cannot be written");
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot be written");
    if (!regular) return;
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be put in place");
    temporary_.clear();
    sync_folder();
}

/// After a power failure the folder may otherwise hold the file that was there before.
void OutputFile::sync_folder() const {
    const std::string folder = std::filesystem::path(target_).parent_path().string();
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // Not every file system has such a thing.
    const bool synced = descriptor >= 0 && (::fsync(descriptor) == 0 || errno == EINVAL);
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    errno = error;
    if (!synced) fail("is written, but may be lost in a power failure");
}

void OutputFile::fail(const char* what) const {
    throw FileError(path_, std::string(what) + ": " + std::strerror(errno));
}

}  // namespace program
