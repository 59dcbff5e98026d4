#include "matrices.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <utility>

namespace bench {

const std::vector<std::int8_t>& trits_of(ternion::Shape shape) {
    static std::map<std::pair<std::size_t, std::size_t>, std::vector<std::int8_t>> matrices;
    auto& trits = matrices[{shape.n, shape.k}];
    if (trits.empty()) {
        std::minstd_rand random(static_cast<unsigned>(shape.n + 3 * shape.k));
        trits.resize(shape.size());
        for (auto& trit : trits)
            trit = static_cast<std::int8_t>(static_cast<int>(random() % 3) - 1);
    }
    return trits;
}

Content packed(const BenchedPacking& packing, ternion::Shape shape) {
    return {packing.name + "/" + name_of(shape), packing.bytes(shape), [&packing, shape] {
                ternion::AlignedBuffer<std::byte> copy;
                packing.pack(trits_of(shape), shape, Threads(1), [&](PackedBytes bytes) {
                    copy = ternion::AlignedBuffer<std::byte>::uninitialized(bytes.size());
                    std::copy(bytes.begin(), bytes.end(), copy.begin());
                });
                return copy;
            }};
}

std::vector<float> random_floats(std::size_t count) {
    std::minstd_rand random(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> values(count);
    for (auto& value : values)
        value = uniform(random);
    return values;
}

ternion::QuantizedActivations random_activations(std::size_t m, std::size_t k) {
    ternion::QuantizedActivations activations;
    ternion::quantize(ternion::Absmax<8>{}, random_floats(m * k), m, k, activations);
    return activations;
}

std::string name_of(ternion::Shape shape) {
    return std::to_string(shape.n) + "x" + std::to_string(shape.k);
}

}  // namespace bench
