#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "../model/architecture.hpp"
#include "families.hpp"

namespace bitnet {

/// What makes a share of a random model's gates zero or less: in every layer, for any token, and other ones for each
/// token. Random gates are as often above zero as below, so that squared ReLU alone makes half of them zero. Here the
/// first `channels` of the residual stream are the same for every token: the embedding has one number there, and no
/// layer adds to them. All gates subtract some of these inputs, and each layer's norm makes them as large as the share
/// wants: the other inputs' part in a gate is normally distributed, and its deviation known.
class ZeroGates {
 public:
    static constexpr std::size_t channels = 128;  // a block of I2_S

    /// `added`: the deviation of what half a layer adds to the residual stream. Throws std::runtime_error for a share
    /// that isn't between 0 and 1, and for models without squared ReLU and sub-norms, or too narrow.
    ZeroGates(const Family& family, const Config& config, double share, float added);

    /// A tensor's bytes with those that this replaces. `take` gets pieces of whatever size, in order.
    using Take = std::function<void(std::span<const std::byte>)>;
    Take changed(const ModelTensor& tensor, const Take& take) const;

 private:
    /// What stands at the beginning of a tensor's rows, of so many bytes each.
    struct Pattern {
        std::uint64_t rows, row_bytes;
        std::vector<std::byte> bytes;
    };

    /// What a layer's gates are made of.
    struct Gates {
        double mean_square;      // of the residual stream
        double deviation;        // of the other inputs' part, where a weight is 1
        std::size_t subtracted;  // of these channels
    };

    Gates gates(std::size_t layer) const;
    std::optional<Pattern> pattern(const ModelTensor& tensor) const;

    Config config_;
    double shift_;  // of a gate, in its deviations; below zero for more zeros than half
    double added_;
};

}  // namespace bitnet
