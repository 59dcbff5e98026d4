#pragma once

#include <bitnet/session.hpp>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <program/io/utf8.hpp>
#include "session_state.hpp"

namespace bitnet {

/// One session's generation, from step to step of the decoder.
class Generator {
 public:
    /// All must outlive it. Throws std::invalid_argument for options that are out of range, and where there is nothing
    /// to go on from.
    Generator(SessionState& session, std::span<const int> prompt, Sampler& sampler, const GenerationOptions& options,
              const OnPiece& on_piece);

    /// Chooses tokens until one must be processed before the next can be chosen; false where the generation has ended.
    bool choose();
    /// What is to be appended to the session: the prompt, then what follows the token that is pending.
    Part input();
    /// It has been appended.
    void take_input();
    /// Takes tokens that were only guessed from the session's end.
    void drop_draft();
    /// Asks whether the generation is cancelled, which then has ended.
    bool poll();

    const Generation& made() const { return made_; }

 private:
    void choose_one();
    bool put(int token);
    void end(GenerationEnd reason);
    double seconds() const;

    SessionState& session_;
    Sampler& sampler_;
    const GenerationOptions& options_;
    const OnPiece& on_piece_;
    std::vector<int> input_;  // the prompt, then drafts
    bool reading_ = true;     // the prompt isn't processed yet
    bool ended_ = false;
    bool refused_ = false;   // by on_piece
    std::size_t draft_ = 0;  // tokens at the session's end that may not stay
    program::StreamingDecoder characters_;
    Generation made_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Runs generations of several sessions of one model to their ends, together.
void run_together(std::span<Generator* const> generators);

}  // namespace bitnet
