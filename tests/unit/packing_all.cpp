#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <string>
#include <ternion/packing/all.hpp>
#include <vector>

namespace {

using namespace ternion;

template <class P>
bool listed() {
    bool found = false;
    for_each_type(all_packings{}, [&]<class Q>(std::type_identity<Q>) { found = found || std::is_same_v<P, Q>; });
    return found;
}

TEST_CASE("the list of packings has these, and each name once", "[packing]") {
    CHECK(listed<Int8>());
    CHECK(listed<I2S>());
    CHECK(listed<TQ1_0>());
    CHECK(listed<TQ2_0>());
    CHECK(listed<Q2_0>());
    CHECK(listed<HuggingFace>());
    CHECK(listed<Interleaved2x16>());
    CHECK(listed<Trits5x16>());
    CHECK(listed<PairLookup>());
    CHECK(listed<TripleLookup>());
    CHECK(listed<BitPlanes>());
    CHECK(listed<Trits5Rows>());
    CHECK(listed<ByInput<Trits5Rows>>());
    CHECK(listed<ByInput<TwoBitRows>>());

    std::vector<std::string> names;
    for_each_type(all_packings{}, [&]<class P>(std::type_identity<P>) { names.emplace_back(P::name); });
    for_each_type(binary_packings{}, [&]<class P>(std::type_identity<P>) {
        CHECK(!listed<P>());
        CHECK(!holds_zeros<P>);
        names.emplace_back(P::name);
    });
    CHECK(names.size() == all_packings::size + binary_packings::size);
    CHECK(names.size() >= 15);
    for (const auto& name : names) {
        INFO(name);
        CHECK(!name.empty());
        CHECK(std::none_of(name.begin(), name.end(),
                           [](unsigned char c) { return std::isupper(c) != 0 || std::isspace(c) != 0; }));
    }
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

}  // namespace
