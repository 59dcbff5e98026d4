#pragma once

#include <bitnet_2b4t/model/config.hpp>
#include <bitnet_2b4t/tokenizer/vocabulary.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace train {

/// A model that training goes on from.
struct Start {
    bitnet::Config sizes;
    bitnet::Vocabulary vocabulary;
    std::vector<float> weights;  // the master weights, in the order of a Layout
};

/// Reads a model in any form that bitnet-2b4t reads: float weights are the masters; ternary ones get new masters by
/// `masters_of`. Throws program::FileError for an architecture that isn't BitNet's, which is all that is trained here.
Start read_start(const std::string& path);

/// Master weights that absmean takes to these trits and this scale again, or sign where there are no zeros. How far
/// each lies from where its trit would change is random, as in a model that was trained: zeros lie within 0.4 scales of
/// zero, others from about 0.6 scales on, so that the mean magnitude is the scale. A matrix of zeros alone has nobody
/// to make up the mean: its trits stay zeros, but the scale that absmean finds is smaller.
void masters_of(std::span<const std::int8_t> trits, float scale, std::uint64_t stream, std::span<float> masters);

}  // namespace train
