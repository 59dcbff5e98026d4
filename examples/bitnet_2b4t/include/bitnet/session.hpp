#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "candidate.hpp"
#include "generation.hpp"
#include "model.hpp"
#include "sampling.hpp"

namespace bitnet {

/// Tokens that don't fit into what is left of the context. Nothing has changed.
class PromptTooLong : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// A callback has cancelled what was computed. Nothing has changed.
class Cancelled : public std::runtime_error {
 public:
    Cancelled() : std::runtime_error("cancelled") {}
};

using IsCancelled = std::function<bool()>;

struct SessionState;

/// A sequence of tokens and a model's state after them: its KV cache and working memory. Only tokens that are new are
/// processed. Sessions are independent of each other, on one thread or many; one session is for one thread at a time.
/// An exception leaves a session as it was. Ids that the model doesn't know throw std::invalid_argument.
class Session {
 public:
    /// `threads` above 0: the session computes on as many of its own instead of the model's.
    explicit Session(const Model& model, int threads = 0);
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    /// Reads a prompt, behind BOS where the session is empty and the model has one, and generates what follows it.
    /// What was generated is part of the sequence. Throws PromptTooLong, and std::invalid_argument for options that are
    /// out of range or where there is nothing to go on from.
    Generation generate(std::string_view prompt, const GenerationOptions& options = {}, const OnPiece& on_piece = {});
    /// The same from token ids, just as they are.
    Generation generate(std::span<const int> prompt, const GenerationOptions& options = {},
                        const OnPiece& on_piece = {});
    /// With a sampler that goes on drawing from where it was, instead of one made of options.sampling.
    Generation generate(std::span<const int> prompt, Sampler& sampler, const GenerationOptions& options,
                        const OnPiece& on_piece);

    const Model& model() const;
    /// Threads that compute.
    std::size_t threads() const;
    /// The tokens that have been processed.
    std::span<const int> tokens() const;
    /// Tokens that follow those and are processed with the next that come: the last that was generated, and what
    /// `defer` was given.
    std::span<const int> pending() const;
    void defer(std::span<const int> tokens);
    /// Tokens that still fit into the context.
    std::size_t room() const;
    /// Memory of the KV cache.
    std::size_t cache_bytes() const;

    /// Processes tokens, a batch at a time. Throws PromptTooLong, and Cancelled where `cancelled`, which is polled
    /// between layers, says so.
    void append(std::span<const int> tokens, const IsCancelled& cancelled = {});
    /// The same, and hands out the logits of what follows each token, from position `first` of the sequence on: a few
    /// rows [rows, vocabulary] at a time, the first of them after the token at `position`.
    void append(std::span<const int> tokens, std::size_t first,
                const std::function<void(std::size_t position, std::span<const float> logits)>& take,
                const IsCancelled& cancelled = {});
    /// Forgets the tokens from position `length` on, and those pending.
    void rewind(std::size_t length);

    /// What may follow the last token that was processed; after a rewind by more than a few tokens nothing is known,
    /// and these three throw std::logic_error. All logits, valid until the next call; the likeliest tokens in order;
    /// and one that a sampler chooses.
    std::span<const float> logits();
    std::vector<Candidate> likeliest(std::size_t count);
    int sample(Sampler& sampler);

    /// The natural logarithms of the probabilities of tokens `first` (at least 1) and following, each after all before
    /// it. The session then holds them all but the last; what it holds already isn't computed again. Throws
    /// std::out_of_range for another `first`, and std::runtime_error where a logit isn't a finite number.
    std::vector<double> log_probabilities(std::span<const int> tokens, std::size_t first);

    /// What the engine's own parts work with.
    SessionState& state() { return *state_; }
    const SessionState& state() const { return *state_; }

 private:
    std::unique_ptr<SessionState> state_;
};

/// Tokens for a session.
struct Step {
    Session* session = nullptr;
    std::span<const int> tokens = {};
};

/// Processes tokens of several sessions of one model, each of which comes once: the weights are read once for all, so
/// that each takes a fraction of its time alone. Each session gets exactly, bit by bit, what Session::append gives it.
/// Sessions may come and go from call to call. All are as before after an exception: those of Session::append, and
/// std::invalid_argument for a session that comes twice or is of another model.
void append_together(std::span<const Step> steps, const IsCancelled& cancelled = {});

/// A session's part in generate_together.
struct GenerationRequest {
    Session* session = nullptr;
    std::vector<int> prompt = {};
    GenerationOptions options = {};
    OnPiece on_piece = {};
};

/// Generates for several sessions of one model, a token for each in one step, and for each just what Session::generate
/// does alone, callbacks included. A sequence that has ended leaves, and the others go on. The results are in the order
/// of the requests. Throws before anything is computed where a prompt is too long or an option out of range.
std::vector<Generation> generate_together(std::span<const GenerationRequest> requests);

}  // namespace bitnet
