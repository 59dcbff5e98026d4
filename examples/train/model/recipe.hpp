#pragma once

#include <bitnet_2b4t/model/config.hpp>
#include <cstddef>
#include <cstdint>

namespace train {

/// What the linear layers compute with: b1.58's trits, v1's signs, or the float weights themselves, without any
/// quantisation, to compare with.
enum class Weights { ternary, binary, real };

/// Everything that decides what a training run gives. Two runs of the same recipe give the same bits on one machine,
/// at any number of threads.
struct Recipe {
    bitnet::Config sizes{.layers = 4,
                         .hidden = 256,
                         .ffn = 640,
                         .heads = 4,
                         .kv_heads = 2,
                         .head_dim = 64,
                         .vocab = 0,      // the dialogues' words decide
                         .context = 512,  // four times `length`
                         .norm_eps = 1e-5F,
                         .rope_theta = 10000.0F};
    Weights weights = Weights::ternary;
    std::uint64_t seed = 1;
    std::size_t steps = 9000;
    std::size_t rows = 16;     // conversations a step
    std::size_t length = 128;  // tokens of a conversation
    float peak_rate = 3e-3F;   // of learning
    float weight_decay = 0.1F;
    float clip = 1.0F;        // the gradients' norm
    bool sum_loss = false;    // over the answers' tokens, else their mean
    bool all_tokens = false;  // the questions' tokens are learned too

    /// Every fourth step has a quarter of the conversations, each four times as long: so that a long chat is nothing
    /// new, without its cost in every step.
    bool is_long(std::size_t step) const { return step % 4 == 3; }
};

}  // namespace train
