#pragma once

#include <bitnet/session.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <ternion/core/thread_pool.hpp>
#include <vector>

#include "../head/likeliest.hpp"
#include "../model/decoder.hpp"
#include "model_state.hpp"

namespace bitnet {

struct SnapshotState;

/// What a Session holds.
struct SessionState {
    SessionState(const Model& of, int own_threads);

    const ModelState& parts() const { return *model.state(); }
    std::size_t room() const { return cache.capacity() - cache.length(); }

    SessionState(const SessionState&) = delete;
    SessionState& operator=(const SessionState&) = delete;
    ~SessionState();

    /// Forgets tokens that were processed, and nothing else.
    void truncate(std::size_t length);
    /// What follows all tokens but the last `ignored`. Throws std::logic_error where that isn't known any more.
    int sample(Sampler& sampler, std::size_t ignored);
    /// The row of `last`, as `sample` has it.
    std::size_t row_before(std::size_t ignored) const;
    /// Holds these tokens instead, with the blocks of their KV cache one after the other, as one process has them.
    /// Where those hold what is no finite number, the session is as before, and the answer false.
    bool restore(std::vector<int> processed, std::span<const std::byte> blocks);
    /// Holds the first `length` tokens of a snapshot instead.
    void restore(const SnapshotState& snapshot, std::size_t length);

    /// A block of the KV cache as one process has it, so many bytes; `scratch` may be used for them.
    std::size_t block_bytes() const;
    std::span<const std::byte> block(std::size_t index, ternion::AlignedBuffer<std::byte>& scratch) const;
    /// Of the model.
    std::uint64_t fingerprint() const;

    /// Likeliest::after, of all ranks' tokens.
    std::span<const Candidate> likeliest(std::size_t i, std::size_t best, std::span<const int> always);
    /// Logits [count, vocab] of vectors [count, hidden], of all ranks' tokens.
    void logits_of(std::span<const float> vectors, std::size_t count, std::span<float> out);

    Model model;
    std::unique_ptr<ternion::ThreadPool> own;
    ternion::ThreadPool& threads;
    Decoder decoder;
    KvCache cache;
    std::vector<int> tokens, pending;
    /// The decoder's last vectors of the tokens at the end, up to Decoder::kept_rows: another sequence may have gone
    /// through the same decoder since. [rows, hidden]
    ternion::AlignedBuffer<float> last, next;
    std::size_t rows = 0;
    Likeliest head;
    std::vector<Candidate> found;  // by all ranks
    std::vector<float> logits;
    std::uint64_t cache_number = 0;  // by which other ranks know the cache
};

/// What a Snapshot holds. The other ranks keep their parts of the cache by its number.
struct SnapshotState {
    explicit SnapshotState(const SessionState& session);
    /// Of no tokens.
    explicit SnapshotState(const Model& of);
    SnapshotState(const SnapshotState&) = delete;
    SnapshotState& operator=(const SnapshotState&) = delete;
    ~SnapshotState();

    Model model;
    KvCache cache;
    std::vector<int> tokens;
    std::uint64_t cache_number = 0;
};

/// Tokens that a session gets after those pending; `progress` is called between batches, with those done and all.
struct Part {
    SessionState* session;
    std::span<const int> tokens;
    std::function<void(std::size_t done, std::size_t total)> progress = {};
    /// Gets the logits of what follows each token from position `first` on.
    std::size_t first = 0;
    std::function<void(std::size_t position, std::span<const float> logits)> take = {};
};

/// Processes them, a batch at a time: of each sequence the same batches that it would have alone, so that its results
/// are the same. `between` is called between layers, and may throw. All sessions are as before after an exception.
void append_parts(std::span<Part> parts, const std::function<void()>& between);

}  // namespace bitnet
