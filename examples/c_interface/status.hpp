#pragma once

// How C++'s exceptions become status codes, with a message for the thread.

#include <ternion/ternion.h>
#include <new>
#include <stdexcept>

namespace ternion_c {

/// A name that isn't there: TERNION_NOT_FOUND.
struct NotFound : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

/// Keeps "function: message" for ternion_last_error, without allocating, and returns the status.
ternion_status fail(ternion_status status, const char* function, const char* message) noexcept;

/// Runs f and tells how it went: no exception goes further.
template <class F>
ternion_status guarded(const char* function, F&& f) noexcept {
    try {
        f();
        return TERNION_OK;
    } catch (const NotFound& error) {
        return fail(TERNION_NOT_FOUND, function, error.what());
    } catch (const std::logic_error& error) {  // invalid_argument and length_error
        return fail(TERNION_INVALID_ARGUMENT, function, error.what());
    } catch (const std::bad_alloc&) {
        return fail(TERNION_OUT_OF_MEMORY, function, "out of memory");
    } catch (const std::exception& error) {
        return fail(TERNION_FAILED, function, error.what());
    } catch (...) {
        return fail(TERNION_FAILED, function, "an exception of the executor's");
    }
}

/// look_up(), whose complaint about its argument is that a name isn't there.
template <class F>
decltype(auto) by_name(F&& look_up) {
    try {
        return look_up();
    } catch (const std::invalid_argument& error) {
        throw NotFound(error.what());
    }
}

}  // namespace ternion_c
