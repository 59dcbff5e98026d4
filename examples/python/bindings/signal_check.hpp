#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <optional>
#include <utility>

namespace ternion_python {

/// Runs Python's handlers of signals, Ctrl-C's among them, within a computation that holds no interpreter's lock: a
/// function for what is polled between layers. Taking the lock may wait for another thread of Python, so it is done
/// twenty times a second. Handlers run in Python's main thread alone; elsewhere this changes nothing.
class SignalCheck {
 public:
    /// Whether a handler has raised an exception.
    bool operator()() {
        const auto now = std::chrono::steady_clock::now();
        if (raised_ || now < next_) return raised_.has_value();
        next_ = now + std::chrono::milliseconds(50);
        const pybind11::gil_scoped_acquire acquired;
        if (PyErr_CheckSignals() != 0) raised_.emplace();
        return raised_.has_value();
    }

    /// Throws what was raised. With the lock.
    void rethrow() {
        if (raised_) throw pybind11::error_already_set(*std::exchange(raised_, std::nullopt));
    }

 private:
    std::optional<pybind11::error_already_set> raised_;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace ternion_python
