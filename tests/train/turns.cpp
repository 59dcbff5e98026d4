// The order in which the parts of a batch add to what they share.
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <stdexcept>
#include <ternion/core/thread_pool.hpp>
#include <thread>
#include <train/model/turns.hpp>
#include <vector>

namespace {

using train::Turns;

constexpr std::size_t places = 3, parts = 40;

TEST_CASE("parts add at each place in their order, whoever computes them") {
    Turns turns(places);
    ternion::ThreadPool threads(4);
    for (int batch = 0; batch < 2; ++batch) {
        turns.begin();
        std::vector<std::vector<std::size_t>> added(places);  // unguarded: turns are what guards it
        threads.parallel_for(parts, [&](std::size_t part, std::size_t) {
            for (std::size_t place = 0; place < places; ++place) {
                // Slow ones, which others would overtake.
                if (part % 4 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
                turns.take(place, static_cast<std::uint32_t>(part), [&] { added[place].push_back(part); });
            }
        });
        for (const std::vector<std::size_t>& order : added) {
            REQUIRE(order.size() == parts);
            for (std::size_t i = 0; i < parts; ++i)
                CHECK(order[i] == i);
        }
    }
}

TEST_CASE("nobody waits for a part that has failed") {
    Turns turns(places);
    ternion::ThreadPool threads(4);
    turns.begin();
    const auto step = [&] {
        threads.parallel_for(parts, [&](std::size_t part, std::size_t) {
            for (std::size_t place = 0; place < places; ++place) {
                if (part == 1 && place == 1) {
                    turns.abandon();
                    throw std::runtime_error("no memory");
                }
                turns.take(place, static_cast<std::uint32_t>(part), [] {});
            }
        });
    };
    CHECK_THROWS_AS(step(), std::runtime_error);
}

}  // namespace
