#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "candidate.hpp"

namespace bitnet {

/// llama.cpp's names, meanings and defaults. Off: temperature 0 (greedy), top_k 0, top_p 1, min_p 0, repeat_penalty 1.
struct SamplingOptions {
    float temperature = 0.8F;
    int top_k = 40;
    float top_p = 0.95F;
    float min_p = 0.05F;
    float repeat_penalty = 1.0F;
    int repeat_last_n = 64;  // tokens that the penalty looks back; -1: all
    std::uint64_t seed = 0;
};

/// Chooses the next token. In llama.cpp's order: repetition penalty, top-k, top-p, min-p, temperature, and a draw; at
/// temperature 0 the most likely token after the penalty, the lowest id of equals. The same seed and logits give the
/// same tokens on every machine whose exp() agrees.
class Sampler {
 public:
    /// Throws std::invalid_argument for an option that is out of range.
    explicit Sampler(const SamplingOptions& options);

    /// How many of the likeliest tokens decide, besides those that the penalty touches; 0: all tokens.
    std::size_t needed() const;
    /// Tokens of `history`, the sequence so far, that the penalty touches, each once; valid until the next call.
    std::span<const int> penalised(std::span<const int> history);

    /// Chooses among all tokens.
    int operator()(std::span<const float> logits, std::span<const int> history);
    /// The same from the `needed()` likeliest of the others, all `penalised`, and maybe more: the rest never counts.
    /// Throws std::runtime_error where a logit isn't a number.
    int operator()(std::span<const Candidate> candidates, std::span<const int> history);

 private:
    void penalise(std::span<const int> history);
    void keep_top_k();
    void keep_top_p();
    void keep_min_p();
    int draw();

    SamplingOptions options_;
    std::mt19937_64 random_;
    std::vector<Candidate> candidates_;  // sorted from keep_top_k on
    std::vector<int> penalised_;
};

}  // namespace bitnet
