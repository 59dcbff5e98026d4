#pragma once

#include <memory>
#include <string>

#include "interrupt.hpp"
#include "line_reader.hpp"

namespace bitnet::cli {

/// Lines that a user types at a terminal, behind a prompt. Built with libedit, they can be edited and there is a
/// history of them; without, the terminal's own editing has to do. Ctrl-C, which `interrupt` notes, gives a line up.
/// All but the line goes to standard error.
class LineEditor {
 public:
    explicit LineEditor(const Interrupt& interrupt);
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;
    ~LineEditor();

    LineReader::Result next(std::string& line);

 private:
    struct Library;
    std::unique_ptr<Library> library_;
    LineReader reader_;
};

/// `text`, which is for standard error, in colour 1 (bold), 2 (dim) and so on, where that is a terminal that shows it
/// and NO_COLOR isn't set.
std::string coloured(int colour, const std::string& text);

}  // namespace bitnet::cli
