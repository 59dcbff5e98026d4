#pragma once

#include <bitnet_2b4t/model/config.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

namespace train {

/// What the linear layers compute with: b1.58's trits, v1's signs, or the float weights themselves, without any
/// quantisation, to compare with.
enum class Weights { ternary, binary, real };

/// Everything that decides what a training run gives, the data itself aside. Two runs of the same recipe give the same
/// bits on one machine, at any number of threads. The defaults are those of the 2B4T report (arXiv 2504.12285, on
/// pre-training, supervised fine-tuning and direct preference optimisation) where it names a number, and what suits
/// small models where it doesn't.
struct Recipe {
    bitnet::Config sizes{.layers = 4,
                         .hidden = 256,
                         .ffn = 640,
                         .heads = 4,
                         .kv_heads = 2,
                         .head_dim = 64,
                         .vocab = 0,      // the data's tokenizer decides
                         .context = 512,  // four times `length`
                         .norm_eps = 1e-5F,
                         .rope_theta = 10000.0F};
    Weights weights = Weights::ternary;
    std::uint64_t seed = 1;
    std::size_t steps = 9000;
    std::size_t rows = 16;       // sequences of a batch, each of up to `length` tokens
    std::size_t length = 128;    // so that a batch has up to rows · length tokens
    std::size_t accumulate = 1;  // batches whose gradients are added up for a step
    float peak_rate = 3e-3F;     // of learning, in the first stage
    float second_rate = 6e-4F;   // in the second
    double first_stage = 0.5;    // share of the steps
    double warm_up = 0.03;       // share of the steps
    float weight_decay = 0.1F;
    float second_decay = 0;
    float beta1 = 0.9F, beta2 = 0.95F;  // of AdamW
    float clip = 1.0F;                  // the gradients' norm
    bool sum_loss = false;              // over the answers' tokens, else their mean
    bool all_tokens = false;            // the questions' tokens are learned too
    float preference_beta = 0.1F;       // of DPO
    // What a checkpoint knows them by: the data; the weights that training begins with, where a model gives them, the
    // tokenizer and the reference model.
    std::string data = "dialogues", start = {};

    /// The first step of the second stage.
    std::size_t second_stage() const { return static_cast<std::size_t>(first_stage * static_cast<double>(steps)); }
};

}  // namespace train
