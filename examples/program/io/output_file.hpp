#pragma once

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace program {

/// A file that appears under its name only when it is complete: it is written beside it under a temporary name and
/// renamed by `finish`, when it is on the disk; without that, nothing stays. What exists and is no regular file (a
/// device, a pipe) is written to directly. Every write and the close are checked; failures throw FileError. So does a
/// path by which one of `inputs` can be reached too, also through links; and "-", which is no file's name here.
class OutputFile {
 public:
    explicit OutputFile(std::string path, const std::vector<std::string>& inputs = {});
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    void write(std::span<const std::byte> bytes);
    void finish();

 private:
    void sync_folder() const;
    [[noreturn]] void fail(const char* what) const;

    std::string path_;
    std::string target_;     // the path with symbolic links resolved
    std::string temporary_;  // empty where the target is written to directly, and where nothing is left to remove
    std::FILE* file_ = nullptr;
};

}  // namespace program
