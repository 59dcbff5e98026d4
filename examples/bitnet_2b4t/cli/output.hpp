#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace bitnet::cli {

/// Whoever read our standard output has closed it: no error, just the end.
struct ReaderGone : std::exception {
    const char* what() const noexcept override { return "standard output was closed"; }
};

/// An open file descriptor to write to. Nothing is buffered; every failure throws std::runtime_error that names the
/// file, or ReaderGone for a pipe without a reader.
class Output {
 public:
    Output(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

    void write(std::string_view text) const;
    bool is_terminal() const;

 private:
    int descriptor_;
    std::string name_;
};

const Output& standard_output();

}  // namespace bitnet::cli
