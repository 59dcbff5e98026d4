#pragma once

#include <cstddef>
#include <cstdint>

namespace train {

/// Random numbers that are the same on every machine: splitmix64, a counter and a good mix of its bits. A seed
/// has many streams.
class Random {
 public:
    Random(std::uint64_t seed, std::uint64_t stream) : state_(mixed(seed) ^ mixed(~stream)) {}

    std::uint64_t operator()() { return mixed(state_ += 0x9e3779b97f4a7c15U); }
    /// 0 .. n-1.
    int below(int n) { return static_cast<int>((*this)() % static_cast<std::uint64_t>(n)); }
    /// first .. last.
    int between(int first, int last) { return first + below(last - first + 1); }
    bool one_in(int n) { return below(n) == 0; }
    /// In (0, 1).
    double uniform() { return (static_cast<double>((*this)() >> 12) + 0.5) * 0x1p-52; }
    template <class Choices>
    const auto& among(const Choices& choices) {
        return choices[static_cast<std::size_t>((*this)() % std::size(choices))];
    }

    static std::uint64_t mixed(std::uint64_t z) {
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
        z = (z ^ z >> 27) * 0x94d049bb133111ebU;
        return z ^ z >> 31;
    }

 private:
    std::uint64_t state_;
};

}  // namespace train
