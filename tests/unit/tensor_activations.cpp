#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <ternion/ternion.hpp>
#include <utility>

namespace {

using namespace ternion;

TEST_CASE("activations are rows of int8, each with its scale and sum", "[activations]") {
    QuantizedActivations x;
    CHECK(x.tokens() == 0);
    CHECK(x.inputs() == 0);
    for (const std::size_t k : {1, 63, 64, 65, 2560}) {
        x.resize(3, k);
        CHECK(x.tokens() == 3);
        CHECK(x.inputs() == k);
        for (std::size_t m = 0; m < 3; ++m) {
            std::fill_n(x.mutable_row(m), k, static_cast<std::int8_t>(m + 1));
            x.set(m, static_cast<float>(m) + 0.5f, static_cast<std::int32_t>(m) - 7);
        }
        const ActivationView view = x.view();
        CHECK((view.m == 3 && view.k == k && view.ld >= k));
        for (std::size_t m = 0; m < 3; ++m) {
            CHECK(x.row(m).size() == k);
            CHECK(x.row(m).data() == view.q + m * view.ld);
            CHECK(reinterpret_cast<std::uintptr_t>(x.row(m).data()) % 64 == 0);
            CHECK((x.row(m).front() == static_cast<int>(m) + 1 && x.row(m).back() == static_cast<int>(m) + 1));
            CHECK(x.scale(m) == static_cast<float>(m) + 0.5f);
            CHECK(x.sum(m) == static_cast<std::int32_t>(m) - 7);
            CHECK(view.scales[m] == x.scale(m));
            CHECK(view.sums[m] == x.sum(m));
        }
    }
}

TEST_CASE("activations keep their memory when they shrink", "[activations]") {
    QuantizedActivations x;
    x.resize(10, 300);
    const std::int8_t* memory = x.row(0).data();
    x.resize(2, 5);
    x.resize(10, 300);
    CHECK(x.row(0).data() == memory);
    x.resize(300, 10);
    CHECK(x.tokens() == 300);
    CHECK(x.row(299).size() == 10);
}

}  // namespace
