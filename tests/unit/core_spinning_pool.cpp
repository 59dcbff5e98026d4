// The executor concept, met by a pool from outside the library.

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <ternion/ternion.hpp>
#include <vector>

#include "product.hpp"
#include "random_data.hpp"
#include "spinning_pool.hpp"

namespace {

using namespace test;

static_assert(ternion::Executor<SpinningPool>);

TEST_CASE("a pool of one's own runs each index once, region after region", "[executor][threads]") {
    SpinningPool pool(3);
    CHECK(pool.concurrency() == 3);
    for (std::size_t count = 0; count < 500; ++count) {
        std::vector<std::atomic<int>> times(count);
        std::atomic<bool> known_workers{true};
        pool.parallel_for(count, [&](std::size_t i, std::size_t worker) {
            ++times[i];
            if (worker >= 3) known_workers = false;
        });
        bool once = true;
        for (const auto& n : times)
            once = once && n == 1;
        REQUIRE(once);
        REQUIRE(known_workers);
    }
}

TEST_CASE("products, packing and quantising run on a pool of one's own", "[executor][threads]") {
    SpinningPool pool(3);
    const Product product = Product::random({300, 257}, 9, 5);
    const auto packed = ternion::pack<ternion::Interleaved2x16>(product.trits, 300, 257, 0.5f, pool);
    std::vector<std::int32_t> y(9 * 300, poison);
    for (int layer = 0; layer < 200; ++layer) {  // as many regions as a decoder opens for a token
        ternion::multiply(packed.view(), product.x.view(), {0, 300}, ternion::Output<std::int32_t>{y.data(), 300},
                          pool);
        REQUIRE(y == product.expected);
        y.assign(y.size(), poison);
    }
    const auto x = random_floats(9 * 257, 3, 20);
    std::vector<float> on_pool(9 * 300);
    std::vector<float> serial(9 * 300);
    ternion::gemm(packed, std::span<const float>(x), 9, std::span(on_pool), pool);
    ternion::gemm(packed, std::span<const float>(x), 9, std::span(serial));
    CHECK(on_pool == serial);
}

}  // namespace
