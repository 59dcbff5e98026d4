#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "threads.hpp"

namespace bench {

using Trits = std::span<const std::int8_t>;
using PackedBytes = std::span<const std::byte>;

/// Is given a result that is gone when the call returns.
using Sink = std::function<void(PackedBytes)>;

/// A packing of the library's run-time table, with what the benchmarks do with it. Bytes are those of a matrix in this
/// packing; a call through the table costs nothing beside what it does.
struct BenchedPacking {
    std::size_t place;  // in all_packings
    const ternion::PackingKernels* kernels;
    std::string name;
    std::string kernel;  // kernel path and backend
    double bits_per_weight;

    std::size_t bytes(ternion::Shape shape) const { return kernels->packing.bytes(shape); }
    void pack(Trits trits, ternion::Shape shape, const Threads& threads, const Sink& sink) const;
    void unpack(ternion::Shape shape, const std::byte* data, std::span<std::int8_t> trits) const;
    void repack(const BenchedPacking& to, ternion::Shape shape, const std::byte* data, const Threads& threads,
                const Sink& sink) const;
    void multiply(ternion::Shape shape, const std::byte* data, const ternion::QuantizedActivations& x,
                  std::span<float> y, const Threads& threads) const;
    void multiply_exactly(ternion::Shape shape, const std::byte* data, const ternion::QuantizedActivations& x,
                          std::span<std::int32_t> y, const Threads& threads) const;
};

/// All packings of the library's list, in its order.
const std::vector<BenchedPacking>& benched_packings();

/// The packing that model files hold, from and to which the benchmarks repack.
const BenchedPacking& i2s();

}  // namespace bench
