#pragma once

#include <csignal>
#include <exception>

namespace bitnet::cli {

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
    bool pressed() const;
    void clear() const;
    /// Throws Interrupted if it was.
    void check() const;
    /// Waits until standard input has something to read, or its end. False if Ctrl-C was pressed, before or meanwhile.
    bool await_input() const;

 private:
    struct sigaction before_ {};
};

}  // namespace bitnet::cli
