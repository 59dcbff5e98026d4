#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdint>
#include <numeric>
#include <ternion/core/aligned_buffer.hpp>
#include <type_traits>
#include <utility>

namespace {

using ternion::AlignedBuffer;
using ternion::PageMemory;

static_assert(std::is_nothrow_move_constructible_v<AlignedBuffer<int>>);
static_assert(std::is_nothrow_default_constructible_v<AlignedBuffer<int>>);

template <class T>
bool aligned_to(const T* address, std::size_t alignment) {
    return reinterpret_cast<std::uintptr_t>(address) % alignment == 0;
}

AlignedBuffer<int> counting(std::size_t count) {
    AlignedBuffer<int> buffer(count);
    std::iota(buffer.begin(), buffer.end(), 1);
    return buffer;
}

bool counts(const AlignedBuffer<int>& buffer, std::size_t count) {
    int expected = 1;
    return buffer.size() == count &&
           std::all_of(buffer.begin(), buffer.end(), [&](int value) { return value == expected++; });
}

TEST_CASE("an AlignedBuffer is aligned to a cache line and zeroed", "[aligned_buffer]") {
    for (const std::size_t count : {1, 3, 64, 1000}) {
        const AlignedBuffer<std::int8_t> bytes(count);
        CHECK(aligned_to(bytes.data(), 64));
        CHECK(bytes.size() == count);
        CHECK(std::count(bytes.begin(), bytes.end(), std::int8_t{0}) == static_cast<std::ptrdiff_t>(count));
        CHECK(aligned_to(AlignedBuffer<double>::uninitialized(count).data(), 64));
    }
}

TEST_CASE("large buffers are aligned to a huge page", "[aligned_buffer]") {
    const std::size_t count = PageMemory::huge_page / sizeof(int);
    CHECK(aligned_to(AlignedBuffer<int>(count).data(), PageMemory::huge_page));
    CHECK(aligned_to(AlignedBuffer<int>(3 * count + 1).data(), PageMemory::huge_page));
    const auto large = counting(count + 7);
    CHECK(counts(AlignedBuffer<int>(large), count + 7));
}

TEST_CASE("an empty AlignedBuffer holds nothing", "[aligned_buffer]") {
    const AlignedBuffer<int> empty;
    CHECK(empty.size() == 0);
    CHECK(empty.begin() == empty.end());
    const AlignedBuffer<int> copy(empty);
    CHECK(copy.size() == 0);
    CHECK(AlignedBuffer<int>(0).size() == 0);
}

TEST_CASE("an AlignedBuffer is copied with its values", "[aligned_buffer]") {
    auto original = counting(100);
    AlignedBuffer<int> copy(original);
    CHECK(copy.data() != original.data());
    original[0] = 99;
    CHECK(counts(copy, 100));

    AlignedBuffer<int> assigned = counting(3);
    assigned = copy;
    CHECK(counts(assigned, 100));
    const auto& self = assigned;
    assigned = self;
    CHECK(counts(assigned, 100));

    // Only the values count, not the room behind them.
    copy.resize(10);
    CHECK(counts(AlignedBuffer<int>(copy), 10));
}

TEST_CASE("moving an AlignedBuffer moves its memory", "[aligned_buffer]") {
    auto original = counting(100);
    const int* memory = original.data();
    AlignedBuffer<int> moved(std::move(original));
    CHECK(moved.data() == memory);
    CHECK(counts(moved, 100));
    CHECK(original.size() == 0);  // NOLINT: it stays usable

    original = counting(5);
    CHECK(counts(original, 5));
    original = std::move(moved);
    CHECK(original.data() == memory);
    CHECK(counts(original, 100));
}

TEST_CASE("resize keeps memory that is large enough", "[aligned_buffer]") {
    auto buffer = counting(100);
    const int* memory = buffer.data();
    buffer.resize(10);
    CHECK(counts(buffer, 10));
    buffer.resize(0);
    CHECK(buffer.size() == 0);
    buffer.resize(100);
    CHECK(buffer.data() == memory);
    CHECK(counts(buffer, 100));

    buffer.resize(100000);
    CHECK(buffer.size() == 100000);
    CHECK(aligned_to(buffer.data(), 64));
    memory = buffer.data();
    buffer.resize(99999);
    CHECK(buffer.data() == memory);
}

TEST_CASE("a size that cannot be is refused", "[aligned_buffer]") {
    const auto too_many = static_cast<std::size_t>(-1) / sizeof(double) / 2 + 1;
    AlignedBuffer<double> buffer(4);
    CHECK_THROWS_MATCHES(buffer.resize(too_many), std::length_error,
                         Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring(std::to_string(too_many))));
    CHECK(buffer.size() == 4);
}

}  // namespace
