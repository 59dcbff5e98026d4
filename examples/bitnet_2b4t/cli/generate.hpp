#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "../tokenizer/tokenizer.hpp"
#include "sampler_options.hpp"
#include "session.hpp"

namespace bitnet::cli {

inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

/// Why no more tokens came.
enum class GenerationEnd { stop_token, limit, full_context, interrupted };

/// How many tokens took how long.
struct Pace {
    std::size_t tokens = 0;
    double seconds = 0;

    double rate() const { return seconds > 0 ? static_cast<double>(tokens) / seconds : 0; }
    Pace& operator+=(const Pace& more);
};

class Stopwatch {
 public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

struct Generation {
    GenerationEnd end;
    std::size_t count = 0;  // tokens that were generated, without the stop token
    int unfed = -1;         // the last token, where the session hasn't got it yet
};

/// A generated text with its figures, on one line.
std::string as_json(const std::string& text, GenerationEnd end, const Pace& prompt, const Pace& generated);

/// -n, with llama.cpp's -1 for no limit.
void add_limit_option(CLI::App& command, int& limit);
inline std::size_t limit_of(int option) {
    return option < 0 ? no_limit : static_cast<std::size_t>(option);
}

/// The model's tokenizer. Throws FileError where there is none, or one with ids that the model doesn't know.
Tokenizer tokenizer_of(const ModelSource& source);

/// Generates up to `limit` tokens after what `session` was fed, and hands each one's bytes to `put`, except those of
/// special tokens. `stop` is asked before each token.
Generation generate(Session& session, Sampler& sampler, const Tokenizer& tokenizer, std::size_t limit,
                    const std::function<void(std::string_view)>& put, const std::function<bool()>& stop = {});

}  // namespace bitnet::cli
