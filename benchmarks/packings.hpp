#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include "threads.hpp"

namespace bench {

using Trits = std::span<const std::int8_t>;
using PackedBytes = std::span<const std::byte>;

/// Is given a result that is gone when the call returns.
using Sink = std::function<void(PackedBytes)>;

/// What the benchmarks do with a packing, without its type, so that each packing is compiled in one place. Bytes are
/// those of a matrix in this packing; a call through a pointer costs nothing beside what it does.
struct BenchedPacking {
    std::size_t place;  // in all_packings
    std::string name;
    std::string kernel;  // kernel path and backend
    double bits_per_weight;
    std::size_t (*bytes)(ternion::Shape);
    void (*pack)(Trits, ternion::Shape, const Threads&, const Sink&);
    void (*unpack)(ternion::Shape, const std::byte*, std::span<std::int8_t>);
    void (*from_i2s)(ternion::Shape, const std::byte*, const Threads&, const Sink&);
    void (*to_i2s)(ternion::Shape, const std::byte*, const Threads&, const Sink&);
    void (*multiply)(ternion::Shape, const std::byte*, const ternion::QuantizedActivations&, std::span<float>,
                     const Threads&);
    void (*multiply_exactly)(ternion::Shape, const std::byte*, const ternion::QuantizedActivations&,
                             std::span<std::int32_t>, const Threads&);
};

/// All packings of the library's list, in its order.
const std::vector<BenchedPacking>& benched_packings();

/// The packing that model files hold, from and to which the benchmarks repack.
const BenchedPacking& i2s();

}  // namespace bench
