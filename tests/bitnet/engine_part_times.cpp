#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "engine_fixture.hpp"

namespace {

using namespace bitnet_tests;

TEST_CASE("engine: times of parts are added up while somebody wants them, and change nothing") {
    const bitnet::Model model = bitnet::load_model(tiny_model);
    bitnet::Session timed(model), plain(model);
    bitnet::PartTimes times;
    const std::vector<int> tokens = {1, 2, 3};
    const auto logits = [&](bitnet::Session& session) {
        session.append(tokens);
        const auto found = session.logits();
        return std::vector<float>(found.begin(), found.end());
    };
    timed.time_parts(&times);
    CHECK(logits(timed) == logits(plain));
    for (const double seconds : times.seconds)
        CHECK(seconds > 0);
    const bitnet::PartTimes once = times;
    (void)timed.likeliest(1);
    CHECK(times[bitnet::TokenPart::head] > once[bitnet::TokenPart::head]);
    CHECK(times[bitnet::TokenPart::down] == once[bitnet::TokenPart::down]);
    (void)logits(timed);
    CHECK(times[bitnet::TokenPart::down] > once[bitnet::TokenPart::down]);
    timed.time_parts(nullptr);
    const bitnet::PartTimes last = times;
    (void)logits(timed);
    CHECK(times.seconds == last.seconds);
}

}  // namespace
