// Absmax on every arch: the same bits as the formula evaluated one value at a time.

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "absmax_oracle.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using test::absmax_oracle;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Quantises x on every arch, at different addresses, and compares with the oracle; what follows must stay.
template <int Bits>
void check_token(const std::vector<float>& x) {
    const auto expected = absmax_oracle(x, Bits);
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        for (const std::size_t offset : {0, 1, 3}) {
            std::vector<float> moved(offset, nan);
            moved.insert(moved.end(), x.begin(), x.end());
            std::vector<std::int8_t> q(offset + x.size() + 1, 111);
            const TokenScale found =
                Absmax<Bits>::template quantize_token<Arch>(moved.data() + offset, x.size(), q.data() + offset);
            const std::vector<std::int8_t> written(q.begin() + static_cast<std::ptrdiff_t>(offset), q.end() - 1);
            const bool same_scale =
                std::isnan(expected.scale) ? std::isnan(found.scale) : found.scale == expected.scale;
            if (written != expected.q || found.sum != expected.sum || !same_scale || q.back() != 111) {
                FAIL_CHECK(backend_of<Arch>::name << "/" << backend_of<Arch>::bytes << ": " << Bits
                                                  << " bits, K=" << x.size() << ", offset " << offset << ", scale "
                                                  << found.scale << ", sum " << found.sum);
            }
        }
        ++archs;
    });
    REQUIRE(archs == all_archs::size);
}

void check_token(const std::vector<float>& x) {
    check_token<8>(x);
    check_token<4>(x);
    check_token<2>(x);
}

TEST_CASE("absmax of tokens of any length", "[absmax]") {
    for (std::size_t k = 1; k <= 140; ++k)
        check_token(test::random_floats(k, k, 3));
    for (const std::size_t k : {255, 257, 1000, 2560, 6912, 6913})
        check_token(test::random_floats(k, k, 100));
}

TEST_CASE("absmax of tokens of any size", "[absmax]") {
    for (int exponent = -148; exponent <= 127; exponent += 5) {
        auto x = test::random_floats(70, static_cast<std::uint64_t>(exponent + 200), 1);
        for (auto& value : x)
            value = std::ldexp(value, exponent);
        check_token(x);
    }
}

TEST_CASE("absmax rounds ties to even", "[absmax]") {
    // With the maximum 127 (or 7, or 1) the factor is 1, and x itself is rounded.
    std::vector<float> x{127};
    for (int i = -127; i < 127; ++i)
        x.push_back(static_cast<float>(i) + 0.5f);
    check_token<8>(x);
    std::vector<std::int8_t> q(x.size());
    Absmax<8>::quantize_token(x.data(), x.size(), q.data());
    CHECK(q[127] == 0);   // -0.5
    CHECK(q[128] == 0);   // 0.5
    CHECK(q[129] == 2);   // 1.5
    CHECK(q[130] == 2);   // 2.5
    CHECK(q[1] == -126);  // -126.5
    check_token<4>({7, 6.5f, 5.5f, 0.5f, -0.5f, -1.5f, -6.5f, 2.5f, 3.5f});
    check_token<2>({1, 0.5f, -0.5f, 0.75f, -1});
    // Just beside a tie.
    for (auto& value : x)
        value = std::nextafter(value, -infinity);
    x[0] = 127;
    check_token<8>(x);
}

TEST_CASE("the largest value gives the largest code, and -top - 1 is never needed", "[absmax]") {
    for (const float peak : {1e-5f, 0.1f, 1.0f, 3.0f, 1e30f, std::numeric_limits<float>::max()}) {
        std::vector<float> x(33, -peak);
        x[20] = peak;
        check_token(x);
        std::vector<std::int8_t> q(33);
        const auto result = Absmax<8>::quantize_token(x.data(), x.size(), q.data());
        CHECK(q[20] == 127);
        CHECK(q[0] == -127);
        CHECK(result.sum == -127 * 31);
    }
}

TEST_CASE("a token of zeros is zeros, and small tokens use the floor of 1e-5", "[absmax]") {
    const std::vector<float> zeros{0, -0.0f, 0, 0, -0.0f};
    check_token(zeros);
    std::vector<std::int8_t> q(5, 9);
    const auto result = Absmax<8>::quantize_token(zeros.data(), 5, q.data());
    CHECK(q == std::vector<std::int8_t>(5, 0));
    CHECK(result.scale == 1e-5f / 127);
    CHECK(result.sum == 0);

    const float below = std::nextafter(1e-5f, 0.0f);
    for (const float peak : {1e-5f, below, 5e-6f, 1e-20f, 1e-40f, 1e-45f}) {
        check_token({peak, -peak, peak / 2, 0});
        check_token(std::vector<float>(65, peak));
    }
}

TEST_CASE("a token that isn't finite has zeros and scale NaN", "[absmax]") {
    const float signalling = std::bit_cast<float>(0x7f800001u);
    for (const std::size_t k : {1, 7, 16, 33, 64, 130}) {
        for (const float bad : {nan, -nan, signalling, infinity, -infinity}) {
            for (std::size_t place = 0; place < k; place += 1 + k / 9) {
                auto x = test::random_floats(k, k, 5);
                x[place] = bad;
                check_token(x);
            }
        }
    }
    std::vector<float> x(20, 1.0f);
    x[3] = nan;
    x[4] = infinity;
    std::vector<std::int8_t> q(20, 9);
    const auto result = Absmax<8>::quantize_token(x.data(), 20, q.data());
    CHECK(std::isnan(result.scale));
    CHECK(result.sum == 0);
    CHECK(q == std::vector<std::int8_t>(20, 0));
}

TEST_CASE("the sum of codes is exact for long tokens", "[absmax]") {
    std::vector<float> x(100003, 1.0f);
    check_token<8>(x);
    std::vector<std::int8_t> q(x.size());
    CHECK(Absmax<8>::quantize_token(x.data(), x.size(), q.data()).sum == 127 * 100003);
}

}  // namespace
