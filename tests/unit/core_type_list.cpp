#include <catch2/catch_test_macros.hpp>
#include <string>
#include <ternion/core/type_list.hpp>
#include <type_traits>

namespace {

using namespace ternion;

static_assert(type_list<>::size == 0 && type_list<int, char, int>::size == 3);
static_assert(std::is_same_v<append_t<type_list<>, int>, type_list<int>>);
static_assert(std::is_same_v<append_t<type_list<int, char>, int>, type_list<int, char, int>>);

constexpr std::size_t total_size = [] {
    std::size_t total = 0;
    for_each_type(type_list<char, short, char[5]>{},
                  [&]<class T>(std::type_identity<T>) { total = 10 * total + sizeof(T); });
    return total;
}();
static_assert(total_size == 100 * 1 + 10 * sizeof(short) + 5);

TEST_CASE("for_each_type visits every type once, in order", "[type_list]") {
    std::string seen;
    for_each_type(type_list<int, float, int, void>{}, [&]<class T>(std::type_identity<T>) {
        seen += std::is_void_v<T> ? 'v' : std::is_same_v<T, int> ? 'i' : 'f';
    });
    CHECK(seen == "ifiv");
    for_each_type(type_list<>{}, [&](auto) { seen.clear(); });
    CHECK(seen == "ifiv");
}

}  // namespace
