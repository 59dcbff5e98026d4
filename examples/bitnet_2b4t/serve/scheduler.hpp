#pragma once

#include <array>
#include <atomic>
#include <bitnet/session.hpp>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "job.hpp"
#include "prefix_cache.hpp"
#include "sequence.hpp"

namespace bitnet::serve {

struct SchedulerOptions {
    std::size_t slots = 8;        // sequences at once
    std::size_t queue = 64;       // jobs that wait for a slot
    std::size_t piece = 32;       // tokens of prompts in a step that others wait for
    std::size_t cache_bytes = 0;  // of the prefix cache
};

/// What a slot does.
struct SlotStatus {
    enum class State { idle, reading, generating };

    State state = State::idle;
    std::size_t prompt_tokens = 0, tokens = 0, generated_tokens = 0, cache_bytes = 0;
};

/// What there is to know of a scheduler. Counts are of all jobs since the start.
struct SchedulerStatus {
    std::vector<SlotStatus> slots;
    std::size_t queued = 0;
    std::size_t kept_prefixes = 0, kept_bytes = 0;
    std::uint64_t prompt_tokens = 0, cached_tokens = 0, generated_tokens = 0, steps = 0;
    std::array<std::uint64_t, finish_reasons> ended = {};  // by FinishReason
    double prompt_seconds = 0, generation_seconds = 0;
    double busy_seconds = 0;  // in which the model computed
    double job_seconds = 0;   // of those that ended, in their slots
};

/// Runs jobs on one model: one thread of its own owns the model's sessions and takes step after step, each for all jobs
/// in slots at once. Jobs come and leave between steps; long prompts are read in pieces. What a job's text is doesn't
/// depend on what else runs, in any bit. Prompts that begin alike are computed once.
class Scheduler {
 public:
    /// Throws std::invalid_argument for a model whose batches have no room for a token of each slot.
    Scheduler(const Model& model, const SchedulerOptions& options);
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;
    /// Cancels what still runs.
    ~Scheduler();

    /// Jobs wait for slots in the order in which they came. All of these are taken, or, where the queue has no room for
    /// them, none. Nothing where they aren't. From any thread.
    std::optional<CancelFlag> submit(std::vector<Job> jobs);
    /// From any thread.
    SchedulerStatus status() const;
    const SchedulerOptions& options() const { return options_; }

 private:
    void run();
    bool wait_for_jobs();
    void admit();
    void leave_unwanted();
    bool step();
    std::vector<Step> next_step();
    bool waits_for_prefix(Sequence& sequence);
    void compute(const std::vector<Step>& steps);
    using Running = std::list<Sequence>::iterator;
    Running go_on(Running sequence);
    Running end(Running sequence, FinishReason reason, std::string problem = {});
    void publish(double seconds);

    Model model_;
    SchedulerOptions options_;
    Session workspace_;  // its memory is used for all
    std::vector<Session> sessions_;
    std::vector<Session*> free_;
    std::list<Sequence> running_;  // in the order in which they were admitted
    PrefixCache cache_;

    mutable std::mutex mutex_;  // of what follows
    std::condition_variable wake_;
    std::deque<QueuedJob> queue_;
    std::size_t taken_ = 0;  // slots
    SchedulerStatus status_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace bitnet::serve
