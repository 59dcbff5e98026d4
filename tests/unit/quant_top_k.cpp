#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"

namespace {

using namespace ternion;
using Codes = std::vector<std::int8_t>;
using Floats = std::vector<float>;

std::vector<std::size_t> taken(const Floats& x, std::size_t count) {
    Largest largest = largest_magnitudes(x.data(), x.size(), count);
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < x.size(); ++i)
        if (largest.take(x[i])) indices.push_back(i);
    return indices;
}

/// By sorting: larger |x| first, of equal ones the lower index.
std::vector<std::size_t> sorted(const Floats& x, std::size_t count) {
    std::vector<std::size_t> order(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        order[i] = i;
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return std::fabs(x[a]) != std::fabs(x[b]) ? std::fabs(x[a]) > std::fabs(x[b]) : a < b;
    });
    order.resize(count);
    std::ranges::sort(order);
    return order;
}

TEST_CASE("the largest are those that sorting finds, ties by lowest index", "[top_k]") {
    for (const std::size_t k : {1, 2, 3, 10, 257, 1000}) {
        for (const float size : {1e-42f, 1e-3f, 1.0f, 1e38f}) {
            Floats x = test::random_floats(k, k, size), few(k);
            for (std::size_t i = 0; i < k; ++i)
                few[i] = std::copysign(static_cast<float>(static_cast<int>(x[i] / size * 3)) * size, x[i]);
            for (std::size_t count = 1; count <= k; count += 1 + k / 17) {
                CHECK(taken(x, count) == sorted(x, count));
                CHECK(taken(few, count) == sorted(few, count));
            }
        }
    }
    CHECK(taken(Floats(9, -0.0f), 4) == std::vector<std::size_t>{0, 1, 2, 3});
    constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
    CHECK(taken({1, infinity, -nan, 3e38f, nan}, 3) == std::vector<std::size_t>{1, 2, 4});
}

TEST_CASE("shares are rounded up to whole values", "[top_k]") {
    CHECK(share_of(1, 1) == 1);
    CHECK(share_of(100, 5) == 5);
    CHECK(share_of(101, 5) == 6);
    CHECK(share_of(7, 50) == 4);
    CHECK(share_of(6912, 50) == 3456);
    CHECK(share_of(3, 100) == 3);
}

template <int Percent, class Arch>
void check_token(const Floats& x) {
    const std::size_t k = x.size();
    Codes dense(k), q(k + 1, 99), expected(k, 0);
    const float scale = Absmax<8>::quantize_token<Scalar>(x.data(), k, dense.data()).scale;
    std::int32_t sum = 0;
    for (const std::size_t i : sorted(x, share_of(k, Percent)))
        sum += expected[i] = dense[i];
    const TokenScale found = TopK<Percent>::template quantize_token<Arch>(x.data(), k, q.data());
    CHECK(q.back() == 99);
    q.pop_back();
    CHECK(q == expected);
    CHECK((found.scale == scale && found.sum == sum));
}

TEST_CASE("TopK keeps exactly its share of absmax's integers, on every arch", "[top_k]") {
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        for (const std::size_t k : {1, 5, 16, 77, 640}) {
            check_token<50, Arch>(test::random_floats(k, k, 3));
            check_token<7, Arch>(test::random_floats(k, k, 3));
            check_token<100, Arch>(test::random_floats(k, k, 3));
            check_token<50, Arch>(Floats(k, -2.0f));
        }
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

TEST_CASE("TopK of zeros is zeros; of what isn't finite, zeros with scale NaN", "[top_k]") {
    Codes q(8, 9);
    CHECK(TopK<>::quantize_token(Floats(8, 0.0f).data(), 8, q.data()).sum == 0);
    CHECK(q == Codes(8, 0));
    Floats x(8, 1.0f);
    x[6] = std::numeric_limits<float>::quiet_NaN();
    q.assign(8, 9);
    const auto result = TopK<>::quantize_token(x.data(), 8, q.data());
    CHECK((std::isnan(result.scale) && result.sum == 0 && q == Codes(8, 0)));
}

}  // namespace
