#pragma once

#include <bitnet/model.hpp>
#include <memory>
#include <optional>
#include <ternion/core/thread_pool.hpp>

#include "../files/model_source.hpp"
#include "../model/weights.hpp"

namespace bitnet {

/// What a Model is a handle of. Nothing in it changes but the threads, which any number of callers may use at once.
struct ModelState {
    /// Throws as load_model does.
    ModelState(std::unique_ptr<ModelSource> opened, const LoadOptions& asked);

    LoadOptions options;
    std::unique_ptr<ModelSource> source;
    std::optional<Tokenizer> tokenizer;
    mutable ternion::ThreadPool threads;
    Weights weights;
};

/// Throws std::invalid_argument for options that no model can be loaded with.
void check_options(const LoadOptions& options);

}  // namespace bitnet
