#pragma once

#include <bitnet/tokenizer.hpp>
#include <filesystem>
#include <ternion/core/thread_pool.hpp>

#include "../run/checkpoint.hpp"
#include "../run/loss_log.hpp"
#include "../run/memory.hpp"
#include "../run/start.hpp"
#include "training_data.hpp"
#include "training_options.hpp"

namespace train::cli {

/// A run in its folder: goes on where it stopped.
class TrainingRun {
 public:
    explicit TrainingRun(const TrainingOptions& options);

    /// Up to the model's file. Throws Interrupted after a signal, when all is saved.
    void train();
    void report();

 private:
    static Start begin(const TrainingOptions& options);
    /// The model as it was before the run, unless another is asked for; nothing where there are no pairs.
    std::vector<float> reference() const;
    bitnet::BitLinearKind family() const { return options_.family.value_or(start_.sizes.bit_linear); }
    Recipe recipe_of() const;
    std::string path(const char* file) const { return (folder_ / file).string(); }
    Activations activations() const { return options_.recompute ? Activations::recomputed : Activations::kept; }
    /// The recipe, once the folder's checkpoint is known to be of it; says how much memory the run takes.
    const Recipe& checked();
    void compare_with_reference();
    LossLog resumed();
    void try_to_save() const;
    void save() const;
    void export_model();
    std::string what_to_do(const std::string& model) const;

    const TrainingOptions& options_;
    std::filesystem::path folder_;
    ternion::ThreadPool threads_;
    Start start_;
    std::vector<float> reference_;  // weights of the model that preferences are compared with, until they are
    bitnet::Tokenizer tokenizer_;
    TrainingData data_;
    Trainer trainer_;
    LossSum since_line_;
    LossLog log_;
};

}  // namespace train::cli
