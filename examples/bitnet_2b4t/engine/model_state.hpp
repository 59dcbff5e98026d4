#pragma once

#include <bitnet/model.hpp>
#include <memory>
#include <optional>
#include <ternion/core/thread_pool.hpp>

#include "../files/model_source.hpp"
#include "../model/weights.hpp"
#include "leader.hpp"

namespace bitnet {

/// What a Model is a handle of. Nothing in it changes but the threads, which any number of callers may use at once, and
/// what is said to other ranks.
struct ModelState {
    /// Throws as load_model does. Ranks know it by `number`.
    ModelState(std::unique_ptr<ModelSource> opened, const LoadOptions& asked, std::uint64_t number = 0);

    LoadOptions options;
    std::unique_ptr<ModelSource> source;
    std::optional<Tokenizer> tokenizer;
    mutable ternion::ThreadPool threads;
    Weights weights;
    mutable std::optional<Leader> leader;  // on rank 0 of several
};

/// Throws std::invalid_argument for options that no model can be loaded with.
void check_options(const LoadOptions& options);

}  // namespace bitnet
