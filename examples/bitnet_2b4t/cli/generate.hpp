#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <program/cli/measurement.hpp>
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
    GenerationEnd end = GenerationEnd::stop_token;
    Pace prompt;     // nothing where its reading was interrupted: the session is then as before
    Pace generated;  // without the stop token
    int unfed = -1;  // the last token, where the session hasn't got it yet
};

/// Reads a prompt, which isn't empty, and generates what follows it, up to `limit` tokens or until an Interrupt notes a
/// signal. Hands each token's bytes to `put`, except those of special ones.
Generation generate(Session& session, std::span<const int> prompt, Sampler& sampler, int limit,
                    const std::function<void(std::string_view)>& put);

/// A generated text with its figures, on one line.
std::string as_json(const std::string& text, const Generation& made);

}  // namespace bitnet::cli
