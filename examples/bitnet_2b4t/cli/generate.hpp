#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include <program/cli/measurement.hpp>
#include <program/cli/output.hpp>
#include "session.hpp"

namespace bitnet::cli {

/// The options of what generates text beside the model's: -n, --draft-ngram, --full-head and those of the sampler, as
/// llama.cpp has them.
struct GenerationOptions {
    int limit = -1;               // -1: none
    std::size_t draft_ngram = 0;  // 0: no drafts
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

/// Where generated text goes: to standard output as it comes, or at its end, with its figures, as JSON on one line.
class GeneratedText {
 public:
    explicit GeneratedText(bool json, VisibleText visible = {}) : json_(json), visible_(std::move(visible)) {}

    void put(std::string_view piece) { json_ ? void(whole_ += piece) : write_output(visible_.put(piece)); }
    /// `end` follows a text that is no JSON.
    void finish(const Generation& made, const char* end = "\n");

 private:
    bool json_;
    VisibleText visible_;
    std::string whole_;
};

/// Reads a prompt, which isn't empty, and generates what follows it, up to the limit or until an Interrupt notes a
/// signal. Puts each token's bytes into `text`, except those of special ones.
Generation generate(Session& session, std::span<const int> prompt, Sampler& sampler, const GenerationOptions& options,
                    GeneratedText& text);

}  // namespace bitnet::cli
