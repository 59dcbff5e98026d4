#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "sampling.hpp"

namespace bitnet {

/// How text is generated, and when that ends.
struct GenerationOptions {
    int limit = -1;               // most tokens; -1: until the model stops or the context is full
    std::size_t draft_ngram = 0;  // guess what follows from where the last so many tokens stood before; 0: don't.
                                  // The text stays the same
    SamplingOptions sampling = {};
    /// Polled between layers, on the caller's thread; true ends the generation. May throw, to give up.
    std::function<bool()> cancelled = {};
    /// Tokens of the prompt that have been read, and all; for prompts of more than one batch.
    std::function<void(std::size_t done, std::size_t total)> prompt_progress = {};
};

/// Gets the text as it comes, in whole UTF-8 characters as far as the model writes such. False ends the generation.
using OnPiece = std::function<bool(std::string_view piece)>;

/// Why no more tokens came.
enum class GenerationEnd { stop_token, limit, full_context, cancelled };

/// How many tokens took how long.
struct Timing {
    std::size_t tokens = 0;
    double seconds = 0;

    /// Tokens per second; 0 for no time.
    double rate() const { return seconds > 0 ? static_cast<double>(tokens) / seconds : 0; }
    Timing& operator+=(const Timing& more) {
        tokens += more.tokens;
        seconds += more.seconds;
        return *this;
    }
};

/// What was generated. The names of special tokens are no part of the text.
struct Generation {
    GenerationEnd end = GenerationEnd::stop_token;
    std::string text = {};
    Timing prompt = {};     // nothing where its reading was cancelled: the session is then as before
    Timing generated = {};  // without the stop token
};

}  // namespace bitnet
