#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "../engine/sampler.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

/// A prompt that doesn't fit into what is left of the context.
class PromptTooLong : public FileError {
 public:
    PromptTooLong(const Model& model, std::size_t room, std::size_t found);
};

/// A sequence of tokens and the model's state after them. Only tokens that are new are processed.
class Session {
 public:
    explicit Session(const Model& model)
        : model_(model), decoder_(model.weights(), model.threads()), cache_(model.new_cache()) {}

    const std::vector<int>& tokens() const { return tokens_; }
    /// Tokens that still fit in the context.
    std::size_t room() const { return cache_.capacity() - cache_.length(); }
    const KvCache& cache() const { return cache_; }
    const Model& model() const { return model_; }

    /// Appends tokens, a batch at a time; throws PromptTooLong where there is no room, and Interrupted, between layers,
    /// where an Interrupt has noted a signal. The session is then as before. Long prompts show their progress on a
    /// terminal.
    void feed(std::span<const int> tokens);
    /// Appends tokens and hands out the logits of what follows each, from position `first` of the sequence on: a few
    /// rows [rows, vocab] at a time, the first of them after the token at `position`, so that they take little memory.
    void feed(std::span<const int> tokens, std::size_t first,
              const std::function<void(std::size_t position, std::span<const float> logits)>& take);
    /// The natural logarithms of the probabilities of tokens `first` (at least 1) and following, each after all before
    /// it. The session then holds them all but the last; what it holds already isn't computed again. Throws
    /// std::runtime_error where a logit isn't a finite number.
    std::vector<double> log_probabilities(std::span<const int> tokens, std::size_t first);
    /// Chooses what follows all tokens but the last `ignored`, which the last `feed` appended.
    int choose(Sampler& sampler, std::size_t ignored);
    /// Holds these tokens instead, with the blocks of their KV cache one after the other. Where those hold what is no
    /// finite number, the session is as before, and the answer false.
    bool restore(std::vector<int> tokens, std::span<const std::byte> blocks);
    /// Forgets the tokens from position `length` on.
    void rewind(std::size_t length);

 private:
    const Model& model_;
    Decoder decoder_;
    KvCache cache_;
    std::size_t run_ = 0;  // tokens of the decoder's last call
    std::vector<int> tokens_;
};

}  // namespace bitnet::cli
