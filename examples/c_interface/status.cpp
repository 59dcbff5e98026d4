#include "status.hpp"

#include <cstdio>

namespace {

// No destructor: a thread that ends, or a library that is unloaded, leaves nothing to run.
thread_local char last_error[512] = "";

}  // namespace

ternion_status ternion_c::fail(ternion_status status, const char* function, const char* message) noexcept {
    std::snprintf(last_error, sizeof last_error, "%s: %s", function, message);
    return status;
}

const char* ternion_last_error() {
    return last_error;
}
