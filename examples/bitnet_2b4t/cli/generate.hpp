#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "measurement.hpp"
#include "session.hpp"

namespace bitnet::cli {

/// The options of what generates text beside the model's: -n, --draft-ngram, --full-head and those of the sampler, as
/// llama.cpp has them.
struct GenerationOptions {
    int limit = -1;  // -1: none
    SamplerOptions sampling;
    long long seed = -1;  // -1: a different one each time

    /// A sampler with the seed that was asked for, or a random one.
    Sampler make_sampler() const;
};
void add_generation_options(CLI::App& command, ModelOptions& model, GenerationOptions& options);

/// Why no more tokens came.
enum class GenerationEnd { stop_token, limit, full_context, interrupted };

struct Generation {
    GenerationEnd end;
    std::size_t count = 0;  // tokens that were generated, without the stop token
    int unfed = -1;         // the last token, where the session hasn't got it yet
};

/// Generates after what `session` was fed, up to -n tokens, and hands each one's bytes to `put`, except those of
/// special tokens. `stop` is asked before each token.
Generation generate(Session& session, Sampler& sampler, int limit, const std::function<void(std::string_view)>& put,
                    const std::function<bool()>& stop = {});

/// A generated text with its figures, on one line.
std::string as_json(const std::string& text, GenerationEnd end, const Pace& prompt, const Pace& generated);

}  // namespace bitnet::cli
