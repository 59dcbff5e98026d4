#pragma once

#include <CLI/CLI.hpp>

#include "../sampler.hpp"

namespace bitnet::cli {

/// --temp, --top-k, --top-p, --min-p, --repeat-penalty, --repeat-last-n and --seed, as llama.cpp has them.
struct SamplerChoice {
    SamplerOptions options;
    long long seed = -1;  // -1: a different one each time

    /// A sampler with the seed that was asked for, or a random one.
    Sampler make() const;
};

void add_sampler_options(CLI::App& command, SamplerChoice& choice);

}  // namespace bitnet::cli
