// expect: B::dot(narrow, r, r)
// A backend that lacks a function is refused where it is named, with what it lacks.
#include <ternion/ternion.hpp>

struct Mine : ternion::ScalarBackend {
#ifndef CORRECT
    static Narrow dot(Narrow sum) noexcept { return sum; }
#endif
};

template <ternion::Backend B>
constexpr bool accepted() {
    return true;
}
static_assert(accepted<Mine>());

int main() {}
