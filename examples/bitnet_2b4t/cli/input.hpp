#pragma once

#include <memory>
#include <string>

namespace bitnet::cli {

/// All bytes of a file, which may be a pipe, or of standard input where `path` is "-"; at most 64 MiB. Throws
/// FileError.
std::string read_input(const std::string& path);

/// The next line of standard input, without its line feed; a last line without one counts. False where there is none.
/// At most 64 MiB. Throws FileError.
bool next_line(std::string& line);

bool input_is_terminal();

/// Lines that a user types at a terminal, behind a prompt. Built with libedit, they can be edited and there is a
/// history of them; without, the terminal's own editing has to do. Ctrl-C, which an Interrupt notes, gives a line up.
/// All but the line goes to standard error.
class LineEditor {
 public:
    enum class Result { line, end, interrupted };

    LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;
    ~LineEditor();

    Result next(std::string& line);
    /// Whether a key was pressed since the prompt. Without libedit nobody knows of a line before its end: never.
    bool typed() const;

 private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace bitnet::cli
