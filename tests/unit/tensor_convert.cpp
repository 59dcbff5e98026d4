// Arrays of 16-bit floats, on every arch: the same bits as one value at a time.

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <numeric>
#include <ternion/ternion.hpp>
#include <vector>

#include "float_samples.hpp"
#include "half_oracle.hpp"

namespace {

using namespace test;
using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

template <class Half>
std::vector<Half> all_of_them() {
    std::vector<Half> halves(65536);
    for (std::uint32_t i = 0; i < 65536; ++i)
        halves[i].bits = static_cast<std::uint16_t>(i);
    return halves;
}

template <class Arch, class Half>
void check_widen() {
    const auto halves = all_of_them<Half>();
    std::vector<float> values(65536);
    widen<Arch>(std::span<const Half>(halves), std::span<float>(values));
    std::size_t right = 0;
    for (std::size_t i = 0; i < halves.size(); ++i) {
        const auto expected = std::bit_cast<std::uint32_t>(static_cast<float>(halves[i]));
        const auto found = std::bit_cast<std::uint32_t>(values[i]);
        right += found == expected;
        if (found != expected && right == i) FAIL_CHECK("bits " << i << " widen to " << found << ", not " << expected);
    }
    CHECK(right == 65536);
}

template <class Arch, class Half, class Oracle>
void check_narrow(Oracle oracle) {
    const auto samples = float_samples();
    std::vector<Half> halves(samples.size());
    narrow<Arch>(std::span<const float>(samples), std::span<Half>(halves));
    std::size_t right = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const std::uint16_t expected = oracle(samples[i]);
        right += halves[i].bits == expected;
        if (halves[i].bits != expected && right == i) {
            FAIL_CHECK(samples[i] << " narrows to " << halves[i].bits << ", not " << expected);
        }
    }
    CHECK(right == samples.size());
}

TEST_CASE("every half and bfloat16 widens on every arch as it does alone", "[convert]") {
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        INFO(backend_of<Arch>::name);
        check_widen<Arch, Float16>();
        check_widen<Arch, BFloat16>();
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

TEST_CASE("floats narrow to the nearest on every arch", "[convert]") {
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        INFO(backend_of<Arch>::name);
        check_narrow<Arch, Float16>(nearest_half);
        check_narrow<Arch, BFloat16>(nearest_bfloat16);
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

/// Converts `count` values that begin `offset` values into an array; what lies around them must stay.
template <class Arch, class Half>
bool converts_part(std::size_t offset, std::size_t count) {
    const auto values = random_floats(offset + count + 1, 17, 100);
    std::vector<Half> halves(offset + count + 1, Half::from_bits(0x1234));
    narrow<Arch>(std::span(values).subspan(offset, count), std::span(halves).subspan(offset, count));
    std::vector<float> back(offset + count + 1, -7);
    widen<Arch>(std::span<const Half>(halves).subspan(offset, count), std::span(back).subspan(offset, count));
    for (std::size_t i = 0; i < back.size(); ++i) {
        const bool inside = i >= offset && i < offset + count;
        if (halves[i].bits != (inside ? Half(values[i]) : Half::from_bits(0x1234)).bits) return false;
        if (back[i] != (inside ? static_cast<float>(Half(values[i])) : -7)) return false;
    }
    return true;
}

TEST_CASE("any length at any address is converted, and nothing behind it", "[convert]") {
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        for (const std::size_t offset : {0, 1, 3}) {
            for (std::size_t count = 0; count <= 70; ++count) {
                if (!converts_part<Arch, Float16>(offset, count) || !converts_part<Arch, BFloat16>(offset, count)) {
                    FAIL_CHECK(backend_of<Arch>::name << ": " << count << " values from " << offset);
                }
            }
        }
    });
}

TEST_CASE("spans of different lengths are refused", "[convert]") {
    std::vector<Float16> halves(5);
    std::vector<float> values(4, 1.0f);
    CHECK_THROWS_MATCHES(widen(std::span<const Float16>(halves), std::span<float>(values)), std::invalid_argument,
                         MessageMatches(ContainsSubstring("5") && ContainsSubstring("4")));
    CHECK_THROWS_MATCHES(narrow(std::span<const float>(values), std::span<Float16>(halves)), std::invalid_argument,
                         MessageMatches(ContainsSubstring("5") && ContainsSubstring("4")));
    CHECK(halves[0].bits == 0);
    CHECK(values[0] == 1.0f);
}

}  // namespace
