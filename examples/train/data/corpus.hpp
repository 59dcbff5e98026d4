#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data.hpp"

namespace train {

/// Tokens to learn, and where they came from.
struct Sequence {
    std::vector<int> tokens, targets;
    std::string file = {};
    std::size_t line = 0;
};

/// Tokens of which some are learned, as a sequence: a target is the next token, where that is learned. The last token
/// is nobody's input, so it is left out.
Sequence sequence_of(std::vector<int> tokens, const std::vector<bool>& learned);

/// Sequences in memory, each of which is learned once an epoch, in an order of the epoch's own, packed into batches of
/// as many as have room. Some are held out. Sequences that belong together, a chosen answer and a rejected one, stay so
/// and then have log-probabilities by a reference model.
class Corpus : public Data {
 public:
    struct Options {
        std::uint64_t seed = 1;
        std::size_t batch_tokens = 2048;
        double held_out = 0;       // share
        std::size_t together = 1;  // 2 for pairs
        bool answers = true;       // whether it makes sense to count right ones
    };

    /// Throws std::runtime_error where nothing is left to learn.
    Corpus(std::vector<Sequence> sequences, const Options& options);

    Batch training(std::size_t index) override;
    std::vector<HeldOut> held_out(std::size_t of_each) const override;
    std::vector<std::string> kinds() const override;
    std::size_t longest() const override;
    std::string origin(std::size_t index) override;

    std::size_t batches(std::size_t epochs);
    const std::vector<Sequence>& sequences() const { return sequences_; }
    /// Of each sequence.
    void set_reference(std::vector<double> log_probabilities) { reference_ = std::move(log_probabilities); }
    /// Further sequences that are held out, from a file of their own.
    void hold_out(std::vector<Sequence> sequences);
    Fingerprint fingerprint() const;

 private:
    using Group = std::size_t;  // its first sequence
    struct Epoch {
        std::size_t number = SIZE_MAX;
        std::vector<std::vector<Group>> batches;
    };

    std::vector<std::vector<Group>> packed(const std::vector<Group>& order) const;
    const std::vector<Group>& groups_of(std::size_t index);
    void plan(std::size_t epoch);
    Batch batch_of(const std::vector<Group>& groups) const;

    std::vector<Sequence> sequences_;
    Options options_;
    std::vector<double> reference_;
    std::vector<Group> learned_, held_out_;
    std::vector<std::size_t> first_batch_{0};  // of each epoch that was planned once, and of the next
    Epoch epoch_;
};

/// One corpus for the batches up to `second`, another from there on, as the report changes data at its second stage.
class StagedData : public Data {
 public:
    StagedData(Data& first, Data& second, std::size_t begin) : first_(first), second_(second), begin_(begin) {}

    Batch training(std::size_t index) override {
        return index < begin_ ? first_.training(index) : second_.training(index - begin_);
    }
    std::vector<HeldOut> held_out(std::size_t of_each) const override { return first_.held_out(of_each); }
    std::vector<std::string> kinds() const override { return first_.kinds(); }
    std::size_t longest() const override { return std::max(first_.longest(), second_.longest()); }
    std::string origin(std::size_t index) override {
        return index < begin_ ? first_.origin(index) : second_.origin(index - begin_);
    }

 private:
    Data& first_;
    Data& second_;
    std::size_t begin_;
};

}  // namespace train
