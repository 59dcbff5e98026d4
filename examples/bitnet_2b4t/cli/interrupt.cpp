#include "interrupt.hpp"

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
    action.sa_handler = on_interrupt;  // without SA_RESTART: a read at the prompt returns
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

}  // namespace bitnet::cli
