// Where operands and results lie: leading dimensions, ranges of rows, any address.

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <vector>

#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace test;
using ternion::RowRange;

/// What a poisoned Y[M, ld] holds after rows of the range were written, and nothing else.
std::vector<std::int32_t> expected_in_range(const Product& product, std::size_t m, std::size_t ld, RowRange rows) {
    std::vector<std::int32_t> y(m * ld, poison);
    for (std::size_t t = 0; t < m; ++t) {
        const auto from = product.expected.begin() + static_cast<std::ptrdiff_t>(t * product.shape.n);
        std::copy(from + static_cast<std::ptrdiff_t>(rows.begin), from + static_cast<std::ptrdiff_t>(rows.end),
                  y.begin() + static_cast<std::ptrdiff_t>(t * ld + rows.begin));
    }
    return y;
}

TEST_CASE("a range of rows is written and no other", "[multiply]") {
    const Product product = Product::random({150, 70}, 20, 5);
    constexpr std::array<RowRange, 17> ranges{{{0, 0},
                                               {0, 1},
                                               {0, 16},
                                               {0, 150},
                                               {1, 2},
                                               {3, 9},
                                               {5, 5},
                                               {15, 17},
                                               {16, 32},
                                               {16, 33},
                                               {31, 97},
                                               {47, 129},
                                               {63, 65},
                                               {1, 149},
                                               {144, 150},
                                               {149, 150},
                                               {150, 150}}};
    Erased<ternion::Serial> serial;
    Erased<ThreadPool> pool(ThreadPool(3));
    std::size_t compared = 0;
    for (const Kernel& kernel : all_kernels()) {
        const auto packed = kernel.pack(product.trits, product.shape);
        for (const auto rows : ranges) {
            for (const std::size_t m : {1, 3, 8, 9, 20}) {
                for (AnyExecutor* executor : {static_cast<AnyExecutor*>(&serial), static_cast<AnyExecutor*>(&pool)}) {
                    std::vector<std::int32_t> y(m * 150, poison);
                    kernel.multiply_int32({product.shape, packed.data()}, product.x.view(m), rows, {y.data(), 150},
                                          *executor);
                    if (y != expected_in_range(product, m, 150, rows)) {
                        FAIL_CHECK(kernel.name() << ", rows " << rows.begin << " to " << rows.end << ", M=" << m);
                    }
                    ++compared;
                }
            }
        }
    }
    CHECK(compared == kernel_count * ranges.size() * 5 * 2);
}

TEST_CASE("rows of X and Y may be further apart than they are long", "[multiply]") {
    const Product product = Product::random({35, 77}, 139, 6);
    std::vector<std::int8_t> q = product.x.q;
    Erased<ternion::Serial> serial;
    std::size_t compared = 0;
    for (const std::size_t gap : {1, 3, 51, 64}) {
        const Activations apart(q, 139, 77, gap);
        for (const Kernel& kernel : all_kernels()) {
            const auto packed = kernel.pack(product.trits, product.shape);
            for (const std::size_t m : {1, 5, 12, 139}) {
                const std::size_t ld = 35 + gap;
                std::vector<std::int32_t> y(m * ld, poison);
                kernel.multiply_int32({product.shape, packed.data()}, apart.view(m), {0, 35}, {y.data(), ld}, serial);
                if (y != expected_in_range(product, m, ld, {0, 35})) {
                    FAIL_CHECK(kernel.name() << ", gap " << gap << ", M=" << m);
                }
                ++compared;
            }
        }
    }
    CHECK(compared == kernel_count * 4 * 4);
}

/// A copy of some values that begins `offset` bytes behind an aligned address.
template <class T>
class Displaced {
 public:
    Displaced(const std::vector<T>& values, std::size_t offset)
        : bytes_(values.size() * sizeof(T) + offset), offset_(offset) {
        std::memcpy(bytes_.data() + offset, values.data(), values.size() * sizeof(T));
    }
    [[nodiscard]] const T* data() const { return reinterpret_cast<const T*>(bytes_.data() + offset_); }

 private:
    ternion::AlignedBuffer<std::byte> bytes_;
    std::size_t offset_;
};

TEST_CASE("weights and activations may lie at any address, results at any int32", "[multiply]") {
    const Product product = Product::random({49, 193}, 11, 7);
    Erased<ternion::Serial> serial;
    std::size_t compared = 0;
    for (const Kernel& kernel : all_kernels()) {
        const auto bytes = kernel.pack(product.trits, product.shape);
        for (const std::size_t offset : {1, 2, 3, 7, 17, 31, 33, 63}) {
            const Displaced<std::byte> packed(bytes, offset);
            const Displaced<std::int8_t> q(product.x.q, offset);
            auto x = product.x.view();
            x.q = q.data();
            for (const std::size_t m : {1, 2, 11}) {
                x.m = m;
                const std::size_t skip = offset % 16 + 1;
                std::vector<std::int32_t> y(skip + m * 49, poison);
                kernel.multiply_int32({product.shape, packed.data()}, x, {0, 49}, {y.data() + skip, 49}, serial);
                const std::vector<std::int32_t> found(y.begin() + static_cast<std::ptrdiff_t>(skip), y.end());
                const bool before = std::all_of(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(skip),
                                                [](std::int32_t value) { return value == poison; });
                if (!before || found != expected_in_range(product, m, 49, {0, 49})) {
                    FAIL_CHECK(kernel.name() << ", offset " << offset << ", M=" << m);
                }
                ++compared;
            }
        }
    }
    CHECK(compared == kernel_count * 8 * 3);
}

}  // namespace
