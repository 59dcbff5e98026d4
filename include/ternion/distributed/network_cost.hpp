#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "communicator.hpp"

namespace ternion {

/// What a collective takes beside waiting for ranks that still compute: so many seconds, and so many for each byte that
/// a rank receives.
struct NetworkCost {
    double latency = 0;
    double seconds_per_byte = 0;

    /// Whether `collectives` more are quicker than `bytes` more that a rank receives.
    [[nodiscard]] bool prefers_collectives(double collectives, double bytes) const noexcept {
        return collectives * latency < bytes * seconds_per_byte;
    }
};

/// The cost as rank 0 measures it by all-gathers of a few bytes and of 256 KiB, medians of several, the same on all
/// ranks, each of which calls it. It takes milliseconds, on a network of 10 Mbit/s two seconds.
template <Communicator C>
NetworkCost measure_network(C& ranks) {
    constexpr std::size_t repetitions = 9;
    const std::size_t size = ranks.size();
    if (size < 2) return {};
    std::vector<std::size_t> ends(size);
    const auto seconds_of = [&](std::size_t part) {
        std::vector<std::byte> all(part * size);
        for (std::size_t r = 0; r < size; ++r)
            ends[r] = part * (r + 1);
        std::array<double, repetitions> times{};
        for (double& time : times) {
            const auto begin = std::chrono::steady_clock::now();
            ranks.all_gather(std::span(all), ends);
            time = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        }
        std::nth_element(times.begin(), times.begin() + repetitions / 2, times.end());
        return times[repetitions / 2];
    };
    const std::size_t large = (std::size_t{256} << 10) / size, received = large * (size - 1);
    (void)seconds_of(large);  // connections are made
    NetworkCost cost;
    cost.latency = seconds_of(8);
    cost.seconds_per_byte = (std::max)(0.0, seconds_of(large) - cost.latency) / static_cast<double>(received);
    ranks.broadcast(std::as_writable_bytes(std::span(&cost, 1)));
    return cost;
}

}  // namespace ternion
