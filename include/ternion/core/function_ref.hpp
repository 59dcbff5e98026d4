#pragma once

#include <concepts>
#include <memory>
#include <utility>

namespace ternion {

template <class Signature>
class FunctionRef;

/// A reference to something callable, which must outlive it. For functions that are large and call little: they are
/// compiled once, not anew for each callable.
template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
    template <std::invocable<Arguments...> F>
    FunctionRef(const F& f) noexcept : object_(std::addressof(f)), call_(call<F>) {}

    Result operator()(Arguments... arguments) const { return call_(object_, std::forward<Arguments>(arguments)...); }

 private:
    template <class F>
    static Result call(const void* object, Arguments... arguments) {
        return (*static_cast<const F*>(object))(std::forward<Arguments>(arguments)...);
    }

    const void* object_;
    Result (*call_)(const void*, Arguments...);
};

}  // namespace ternion
