#pragma once

#include <memory>
#include <string>

namespace bitnet::cli {

/// Lines that a user types at a terminal, behind a prompt. Built with libedit, they can be edited and there is a
/// history of them; without, the terminal's own editing has to do. Ctrl-C, which an Interrupt notes, gives a line up.
/// All but the line goes to standard error.
class LineEditor {
 public:
    LineEditor();
    ~LineEditor();

    /// False at the end of the input, and where a signal was noted.
    bool next(std::string& line);
    /// Whether a key was pressed since the prompt. Without libedit nobody knows of a line before its end: never.
    bool typed() const;

 private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace bitnet::cli
