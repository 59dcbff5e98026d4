#pragma once

#include <bitnet/engine.hpp>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "serve/scheduler.hpp"

namespace serve_tests {

inline const std::string tiny_model = TESTS_DIR "/golden/tiny-bitnet.gguf";
inline const std::string shipped_model = TESTS_DIR "/../examples/models/small.gguf";

/// What came of some jobs: their texts and outcomes, when all have ended.
class Results {
 public:
    explicit Results(std::size_t count) : texts(count), tokens(count), outcomes(count), left_(count) {}

    /// Tells a job to leave its result here.
    void listen(bitnet::serve::Job& job, std::size_t index) {
        job.on_piece = [this, index](bitnet::serve::Piece piece) {
            texts[index] += piece.text;
            tokens[index].insert(tokens[index].end(), piece.tokens.begin(), piece.tokens.end());
        };
        job.on_end = [this, index](const bitnet::serve::Outcome& outcome) {
            const std::lock_guard lock(mutex_);
            outcomes[index] = outcome;
            --left_;
            ended_.notify_all();
        };
    }
    void wait() {
        std::unique_lock lock(mutex_);
        ended_.wait(lock, [&] { return left_ == 0; });
    }

    std::vector<std::string> texts;
    std::vector<std::vector<bitnet::serve::ChosenToken>> tokens;
    std::vector<bitnet::serve::Outcome> outcomes;

 private:
    std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t left_;
};

}  // namespace serve_tests
