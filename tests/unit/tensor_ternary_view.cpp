#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"
#include "tested_packings.hpp"

namespace {

using namespace ternion;

/// Borrows and expects a refusal whose message holds both texts.
template <class P>
void refused(std::span<const std::byte> bytes, std::size_t n, std::size_t k, float scale, const std::string& expected,
             const std::string& found) {
    CHECK_THROWS_MATCHES(borrow<P>(bytes, n, k, scale), std::invalid_argument,
                         Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring(expected) &&
                                                         Catch::Matchers::ContainsSubstring(found)));
}

TEST_CASE("borrowed bytes are viewed where they lie, at any address", "[ternary_view]") {
    for_each_type(test::packings{}, []<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto trits = test::random_trits(21 * 43, 1);
        const auto packed = pack<P>(trits, 21, 43, 0.5f);
        for (const std::size_t offset : {0, 1, 5}) {
            std::vector<std::byte> file(offset, std::byte{0xff});
            file.insert(file.end(), packed.bytes().begin(), packed.bytes().end());
            file.push_back(std::byte{0xff});  // what follows is none of the matrix's business
            const auto view = borrow<P>(std::span(file).subspan(offset), 21, 43, 0.5f);
            CHECK(view.data() == file.data() + offset);
            CHECK(view.scale() == 0.5f);
            std::vector<std::int8_t> unpacked(21 * 43);
            unpack_trits(view, std::span(unpacked));
            CHECK(unpacked == trits);
        }
    });
}

TEST_CASE("rows so many that their bytes can't be counted are refused", "[ternary_view]") {
    const std::vector<std::byte> bytes(4096);
    const auto check = [&]<class P>(std::type_identity<P>) {
        // The smallest number of rows whose bytes wrap around.
        const std::size_t n = static_cast<std::size_t>(-1) / P::bytes({1, 1}) + 1;
        INFO(P::name << ", " << n << " rows of one weight");
        CHECK_THROWS_AS(borrow<P>(bytes, n, 1), std::invalid_argument);
    };
    for_each_type(all_packings{}, check);
}

TEST_CASE("what can't be a matrix is refused with what was expected and found", "[ternary_view]") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    for_each_type(test::packings{}, [=]<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto packed = pack<P>(test::random_trits(21 * 43, 2), 21, 43);
        const auto bytes = packed.bytes();
        const std::string needed = std::to_string(bytes.size());
        refused<P>(bytes.first(bytes.size() - 1), 21, 43, 1, needed, std::to_string(bytes.size() - 1));
        refused<P>(bytes.first(0), 21, 43, 1, needed, "not 0");
        refused<P>(bytes, 0, 43, 1, "at least one row", "0 x 43");
        refused<P>(bytes, 21, 0, 1, "at least one row", "21 x 0");
        refused<P>(bytes, 1, max_inputs + 1, 1, "at most " + std::to_string(max_inputs),
                   std::to_string(max_inputs + 1));
        refused<P>(bytes, std::size_t{1} << 62, 4, 1, "too large", " x 4");
        refused<P>(bytes, std::numeric_limits<std::size_t>::max(), 1, 1, "too large", " x 1");
        refused<P>(bytes, 21, 43, 0, "not zero", "0.0");
        refused<P>(bytes, 21, 43, nan, "finite", "nan");
        refused<P>(bytes, 21, 43, infinity, "finite", "inf");
    });
}

}  // namespace
