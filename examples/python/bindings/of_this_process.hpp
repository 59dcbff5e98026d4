#pragma once

#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace ternion_python {

/// Something with threads, which don't come along into a fork: whoever waits for them there waits forever, its
/// destructor too. So a forked process is refused its use, and keeps its memory.
template <class T>
class OfThisProcess {
 public:
    template <class... Args>
    explicit OfThisProcess(Args&&... args) : value_(std::make_unique<T>(std::forward<Args>(args)...)) {}
    OfThisProcess(OfThisProcess&&) noexcept = default;
    OfThisProcess& operator=(OfThisProcess&&) = delete;
    ~OfThisProcess() {
        if (getpid() != process_) (void)value_.release();
    }

    /// What it is. Throws std::runtime_error, which begins with `name`, in a process that was forked since.
    T& get(const char* name) const {
        if (getpid() == process_) return *value_;
        throw std::runtime_error(std::string(name) +
                                 ": made before this process was forked, which left its threads behind; make it in "
                                 "this process, or start processes by multiprocessing's method 'spawn'");
    }

 private:
    std::unique_ptr<T> value_;
    pid_t process_ = getpid();
};

}  // namespace ternion_python
