#pragma once

#include <array>
#include <csignal>
#include <stdexcept>

namespace program {

/// A signal has asked the program to end.
struct Interrupted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// While it lives, SIGINT (Ctrl-C), SIGTERM and SIGHUP are noted instead of ending the program at once, so that nothing
/// unfinished stays and nothing finished is lost. What was ignored before, as under nohup, stays so. One at a time.
class Interrupt {
 public:
    Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;
    ~Interrupt();

    /// Whether there was such a signal, which `forget` hasn't taken back.
    static bool noted() { return signal_ != 0; }
    /// Throws Interrupted if there was.
    static void check() {
        if (noted()) throw Interrupted("interrupted");
    }
    /// Takes Ctrl-C back; throws Interrupted for another signal.
    static void forget();
    /// Ends the process by the signal that was noted, as if it had never been caught: a shell's loop then ends too.
    [[noreturn]] static void end_process();
    /// Waits until standard input has something to read, or its end. False if a signal was noted, before or meanwhile.
    static bool await_input();

 private:
    static constexpr std::array<int, 3> signals{SIGHUP, SIGTERM, SIGINT};
    static inline volatile std::sig_atomic_t signal_ = 0;
    std::array<struct sigaction, 3> before_{};
};

}  // namespace program
