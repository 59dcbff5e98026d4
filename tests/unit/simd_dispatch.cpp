#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <ternion/ternion.hpp>

namespace {

using namespace ternion;

/// What no machine has, but in builds without xsimd, which can't ask.
struct Absent {
    static constexpr std::string_view name = "absent";
    static constexpr CpuFeatures features = CpuFeatures{1} << 63;
};

struct NameOf {
    template <class Isa>
    std::string operator()(Isa, const std::string& before) const {
        return before + std::string(Isa::name);
    }
};

bool can_ask() {
    return (cpu_features() & Absent::features) == 0;
}

TEST_CASE("a machine has what the running program was compiled for", "[dispatch]") {
    CHECK((enabled_features & ~cpu_features()) == 0);
    CHECK(Dispatcher<isas::own_flags>().name() == "default");
}

TEST_CASE("the first instruction set that is available is chosen, or the one that is named", "[dispatch]") {
    if (!can_ask()) return;
    using D = Dispatcher<Absent, isas::own_flags, isas::baseline>;
    CHECK(D::isas()[0].name == "absent");
    CHECK_FALSE(D::isas()[0].available);
    CHECK(D::isas()[1].available);
    CHECK(D::isas()[2].available);
    CHECK(D().name() == "default");
    CHECK(D()(NameOf{}, "is ") == "is default");
    CHECK(D("baseline")(NameOf{}, "is ") == "is baseline");
}

TEST_CASE("an instruction set that is unknown, or not on this machine, is refused", "[dispatch]") {
    if (!can_ask()) return;
    using D = Dispatcher<Absent, isas::baseline>;
    using Catch::Matchers::Message;
    CHECK_THROWS_MATCHES(D("absent"), std::invalid_argument,
                         Message("this machine can't run the instruction set absent: expected baseline"));
    CHECK_THROWS_MATCHES(D("AVX2"), std::invalid_argument,
                         Message("unknown instruction set: expected absent, baseline, found AVX2"));
    CHECK_THROWS_MATCHES(Dispatcher<Absent>(), std::runtime_error,
                         Message("this machine can run none of the instruction sets of this program: absent"));
}

}  // namespace
