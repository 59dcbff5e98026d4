#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"

namespace {

using namespace ternion;

TEST_CASE("int8 is the trits, byte for byte", "[packing][int8]") {
    const std::vector<std::int8_t> trits{1,  0, -1,  //
                                         -1, 1, 0};
    const auto packed = pack<Int8>(trits, 2, 3);
    CHECK(test::copy_of(packed.bytes()) ==
          std::vector{std::byte{1}, std::byte{0}, std::byte{0xff}, std::byte{0xff}, std::byte{1}, std::byte{0}});
}

TEST_CASE("int8 refuses what is no trit", "[packing][int8]") {
    for (int value = 0; value < 256; ++value) {
        const std::vector<std::byte> bytes{std::byte{0}, static_cast<std::byte>(value)};
        INFO(value);
        if (value <= 1 || value == 0xff) {
            CHECK_NOTHROW(borrow<Int8>(bytes, 1, 2));
        } else {
            CHECK_THROWS_AS(borrow<Int8>(bytes, 1, 2), std::invalid_argument);
        }
    }
}

}  // namespace
