// gemv and gemm with an arch as explicit template argument. The kernels themselves are compared
// elsewhere, for every packing.

#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"

namespace {

using namespace ternion;
using Ints = std::vector<std::int32_t>;

constexpr std::size_t n = 35, k = 211, m = 9;

template <class Arch>
void check_arch(const PackedTernary<Int8>& w, const std::vector<std::int8_t>& q, const Ints& sums,
                const std::vector<float>& x, const std::vector<float>& floats) {
    INFO(backend_of<Arch>::name << "/" << backend_of<Arch>::bytes);
    Ints y(m * n, -1), one(n, -1);
    gemm<Arch>(w, q, m, y);
    CHECK(y == sums);
    gemv<Arch>(w, std::span(q).last(k), one);
    CHECK(one == Ints(sums.end() - n, sums.end()));

    std::vector<float> z(m * n, -1), first(n, -1);
    gemm<Arch>(w, x, m, z);
    CHECK(z == floats);
    gemv<Arch>(w, std::span(x).first(k), first);
    CHECK(first == std::vector<float>(floats.begin(), floats.begin() + n));
}

TEST_CASE("integers and floats are the same on every arch", "[gemm]") {
    const auto trits = test::random_trits(n * k, 1);
    const auto q = test::random_activations(m * k, 2);
    const auto x = test::random_floats(m * k, 3, 5);
    Ints sums(m * n);
    reference_gemm(trits, n, k, q, m, sums);
    const auto w = pack<Int8>(trits, n, k, 0.7f);
    std::vector<float> floats(m * n);
    gemm<Scalar>(w, x, m, floats);
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        check_arch<Arch>(w, q, sums, x, floats);
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

TEST_CASE("sums of activations are exact on every arch", "[gemm]") {
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        INFO(backend_of<Arch>::name << "/" << backend_of<Arch>::bytes);
        for (std::size_t length = 0; length < 300; ++length) {
            const auto q = test::random_activations(length + 1, length);
            std::int32_t expected = 0;
            for (std::size_t i = 1; i <= length; ++i)
                expected += q[i];
            if (sum_of<Arch>(q.data() + 1, length) != expected) FAIL_CHECK(length << " values");
        }
        for (const std::size_t length : {8191, 8192, 8193, 100003}) {
            for (const int value : {-128, 127}) {
                const std::vector<std::int8_t> q(length, static_cast<std::int8_t>(value));
                CHECK(sum_of<Arch>(q.data(), length) == value * static_cast<std::int32_t>(length));
            }
        }
        const std::vector<std::int8_t> longest(max_inputs, -128);
        CHECK(sum_of<Arch>(longest.data(), max_inputs) == INT32_MIN + 128);
    });
}

}  // namespace
