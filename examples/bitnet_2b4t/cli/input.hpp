#pragma once

#include <csignal>
#include <exception>
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

/// Somebody pressed Ctrl-C: nothing to explain.
struct Interrupted : std::exception {
    const char* what() const noexcept override { return "interrupted"; }
};

/// While it lives, Ctrl-C is noted instead of ending the program. One at a time.
class Interrupt {
 public:
    Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;
    ~Interrupt();

    /// Whether Ctrl-C was pressed since the last `clear`.
    bool pressed() const { return presses_ != 0; }
    void clear() const { presses_ = 0; }
    /// Throws Interrupted if it was.
    void check() const {
        if (pressed()) throw Interrupted();
    }
    /// Waits until standard input has something to read, or its end. False if Ctrl-C was pressed, before or meanwhile.
    bool await_input() const;

 private:
    static inline volatile std::sig_atomic_t presses_ = 0;
    struct sigaction before_ {};
};

/// Lines that a user types at a terminal, behind a prompt. Built with libedit, they can be edited and there is a
/// history of them; without, the terminal's own editing has to do. Ctrl-C, which `interrupt` notes, gives a line up.
/// All but the line goes to standard error.
class LineEditor {
 public:
    enum class Result { line, end, interrupted };

    explicit LineEditor(const Interrupt& interrupt);
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;
    ~LineEditor();

    Result next(std::string& line);

 private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace bitnet::cli
