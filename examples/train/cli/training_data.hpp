#pragma once

#include <memory>

#include "../data/corpus.hpp"
#include "training_options.hpp"

namespace bitnet {
class Tokenizer;
}

namespace train::cli {

/// The data that the command line asks for, read and checked, and the recipe with what depends on it: steps, and what a
/// checkpoint knows the data by.
class TrainingData {
 public:
    TrainingData(const TrainingOptions& options, Recipe recipe, const bitnet::Tokenizer& tokenizer);

    Data& data() { return staged_ ? *staged_ : first_ ? *first_ : *made_; }
    const Recipe& recipe() const { return recipe_; }
    /// Null where there are none.
    Corpus* pairs() { return options_.pairs.empty() ? nullptr : first_.get(); }

 private:
    std::vector<Sequence> read(const std::vector<std::string>& files) const;
    std::unique_ptr<Corpus> corpus(std::vector<Sequence> sequences, double held_out) const;

    const TrainingOptions& options_;
    Recipe recipe_;
    const bitnet::Tokenizer& tokenizer_;
    std::unique_ptr<Data> made_;  // dialogues that the program makes
    std::unique_ptr<Corpus> first_, second_;
    std::unique_ptr<StagedData> staged_;
};

}  // namespace train::cli
