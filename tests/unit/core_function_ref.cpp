#include <catch2/catch_test_macros.hpp>
#include <ternion/core/function_ref.hpp>

namespace {

int twice(ternion::FunctionRef<int(int)> f, int value) {
    return f(f(value));
}

TEST_CASE("a function reference calls what it refers to, and copies refer to the same", "[function_ref]") {
    int calls = 0;
    const auto add_three = [&calls](int value) {
        ++calls;
        return value + 3;
    };
    CHECK(twice(add_three, 1) == 7);
    ternion::FunctionRef<int(int)> first = add_three;
    const ternion::FunctionRef<int(int)> second = first;
    CHECK(second(4) == 7);
    CHECK(calls == 3);
}

}  // namespace
