#pragma once

// Data for tests: the same on every machine and standard library, and fast without optimisation.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace test {

/// splitmix64.
class Random {
 public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}

    std::uint64_t bits() {
        state_ += 0x9e3779b97f4a7c15u;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    /// Below `limit`, which is far below 2^32.
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>((bits() >> 32) * limit >> 32); }
    /// From -1 to 1, a multiple of 2^-23.
    float unit() { return static_cast<float>(static_cast<std::int32_t>(bits() >> 40) - (1 << 23)) * 0x1p-23f; }

 private:
    std::uint64_t state_;
};

inline std::vector<std::int8_t> random_trits(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<std::int8_t> trits(count);
    for (auto& trit : trits)
        trit = static_cast<std::int8_t>(static_cast<int>(random.below(3)) - 1);
    return trits;
}

/// -1 and +1 alone.
inline std::vector<std::int8_t> random_signs(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<std::int8_t> signs(count);
    for (auto& sign : signs)
        sign = random.below(2) == 0 ? std::int8_t{-1} : std::int8_t{1};
    return signs;
}

/// Of the whole int8 range; one in eight is an extreme, where products wrap first.
inline std::vector<std::int8_t> random_activations(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<std::int8_t> q(count);
    for (auto& value : q) {
        const std::uint64_t bits = random.bits();
        value = static_cast<std::int8_t>(bits & 0xff);
        if ((bits >> 8 & 7) == 0) value = (bits >> 16 & 1) != 0 ? std::int8_t{-128} : std::int8_t{127};
    }
    return q;
}

inline std::vector<float> random_floats(std::size_t count, std::uint64_t seed, float size = 1) {
    Random random(seed);
    std::vector<float> values(count);
    for (auto& value : values)
        value = random.unit() * size;
    return values;
}

}  // namespace test
