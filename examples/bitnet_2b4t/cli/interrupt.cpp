#include "interrupt.hpp"

#include <poll.h>
#include <unistd.h>

namespace bitnet::cli {

namespace {

volatile std::sig_atomic_t presses = 0;

void on_interrupt(int) {
    presses = 1;
}

}  // namespace

Interrupt::Interrupt() {
    clear();
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &before_);
}

Interrupt::~Interrupt() {
    ::sigaction(SIGINT, &before_, nullptr);
}

bool Interrupt::pressed() const {
    return presses != 0;
}

void Interrupt::clear() const {
    presses = 0;
}

void Interrupt::check() const {
    if (pressed()) throw Interrupted();
}

/// The signal is blocked but for the wait itself, so that it can't come unnoticed between the question and the wait.
bool Interrupt::await_input() const {
    sigset_t interrupt, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (!pressed() && ::ppoll(&input, 1, nullptr, &before) < 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return !pressed();
}

}  // namespace bitnet::cli
