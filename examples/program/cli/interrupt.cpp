#include "interrupt.hpp"

#include <sys/select.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace program {

Interrupt::Interrupt() {
    struct sigaction action{};
    action.sa_handler = [](int number) {
        if (signal_ == 0 || signal_ == SIGINT) signal_ = number;
    };
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < signals.size(); ++i) {
        ::sigaction(signals[i], nullptr, &before_[i]);
        if (before_[i].sa_handler != SIG_IGN) ::sigaction(signals[i], &action, nullptr);
    }
}

Interrupt::~Interrupt() {
    for (std::size_t i = 0; i < signals.size(); ++i)
        ::sigaction(signals[i], &before_[i], nullptr);
}

void Interrupt::forget() {
    if (signal_ == SIGINT) signal_ = 0;
    check();
}

void Interrupt::end_process() {
    std::signal(signal_, SIG_DFL);
    std::raise(signal_);
    std::abort();  // not reached: the default is to end
}

/// The signals are blocked but for the wait itself, so that none can come unnoticed between the question and the wait.
bool Interrupt::await_input() {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    for (const int number : signals)
        sigaddset(&blocked, number);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    int ready = -1;
    while (!noted() && ready < 0) {
        fd_set input;
        FD_ZERO(&input);
        FD_SET(STDIN_FILENO, &input);
        ready = ::pselect(STDIN_FILENO + 1, &input, nullptr, nullptr, nullptr, &before);
        if (ready < 0 && errno != EINTR) break;  // there is no such input: reading says so
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return !noted();
}

}  // namespace program
