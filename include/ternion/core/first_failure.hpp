#pragma once

#include <atomic>
#include <exception>

namespace ternion {

/// The first exception of a parallel region, which none may leave, to be thrown again after it.
class FirstFailure {
 public:
    template <class F>
    void guard(F&& f) {
#if defined(__cpp_exceptions)
        try {
            f();
        } catch (...) {
            if (!failed_.test_and_set()) failure_ = std::current_exception();
        }
#else
        f();
#endif
    }
    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

 private:
    std::atomic_flag failed_;
    std::exception_ptr failure_;
};

}  // namespace ternion
