#include "scheduler.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <program/io/file_error.hpp>

#include "prompt_shares.hpp"

namespace bitnet::serve {
namespace {

/// Fewer tokens in common are computed again rather than waited for.
constexpr std::size_t worth_waiting = 16;

/// Whoever fails to take a job's end must do without it: there is nobody else to tell, and other jobs go on.
template <class Tell>
void heard(Tell&& tell) {
    try {
        tell();
    } catch (const std::exception&) {
    }
}

void tell_end(const Job& job, FinishReason reason) {
    if (job.on_end) heard([&] { job.on_end({.reason = reason}); });
}

}  // namespace

Scheduler::Scheduler(const Model& model, const SchedulerOptions& options)
    : model_(model), options_(options), workspace_(model), cache_(options.cache_bytes) {
    if (model.options().batch <= options.slots) {
        throw std::invalid_argument(program::joined("expected a batch of more than ", options.slots,
                                                    " tokens, one for each slot, found ", model.options().batch));
    }
    for (std::size_t i = 0; i < options.slots; ++i)
        sessions_.emplace_back(model);
    for (Session& session : sessions_)
        free_.push_back(&session);
    status_.slots.resize(options.slots);
    thread_ = std::thread([this] { run(); });
}

Scheduler::~Scheduler() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

std::optional<CancelFlag> Scheduler::submit(std::vector<Job> jobs) {
    const auto flag = std::make_shared<std::atomic<bool>>(false);
    {
        const std::lock_guard lock(mutex_);
        const std::size_t room = options_.queue + options_.slots - taken_;
        if (ending_ || queue_.size() + jobs.size() > room) return std::nullopt;
        for (Job& job : jobs)
            queue_.push_back({std::move(job), flag});
        status_.queued = queue_.size();
    }
    wake_.notify_one();
    return flag;
}

SchedulerStatus Scheduler::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

void Scheduler::run() {
    while (wait_for_jobs()) {
        const auto begin = Clock::now();
        admit();
        leave_unwanted();
        const bool computed = step();
        publish(computed ? std::chrono::duration<double>(Clock::now() - begin).count() : 0);
    }
    while (!running_.empty())
        end(running_.begin(), FinishReason::cancelled);
    for (const QueuedJob& queued : queue_)
        tell_end(queued.job, FinishReason::cancelled);
}

/// False at the end.
bool Scheduler::wait_for_jobs() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return ending_ || !running_.empty() || !queue_.empty(); });
    return !ending_;
}

/// Gives free slots to those that wait.
void Scheduler::admit() {
    while (!free_.empty()) {
        QueuedJob next;
        {
            const std::lock_guard lock(mutex_);
            if (queue_.empty()) return;
            next = std::move(queue_.front());
            queue_.pop_front();
            ++taken_;
        }
        running_.emplace_back(std::move(next), *free_.back());
        free_.pop_back();
    }
}

/// Also of those that wait.
void Scheduler::leave_unwanted() {
    const auto now = Clock::now();
    for (auto one = running_.begin(); one != running_.end();) {
        if (one->is_cancelled()) {
            one = end(one, FinishReason::cancelled);
        } else if (one->job().deadline <= now) {
            one = end(one, FinishReason::timed_out);
        } else {
            ++one;
        }
    }
    std::vector<std::pair<QueuedJob, FinishReason>> left;
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(queue_, [&](QueuedJob& queued) {
            const bool cancelled = queued.cancelled->load(std::memory_order_relaxed);
            if (!cancelled && queued.job.deadline > now) return false;
            left.emplace_back(std::move(queued), cancelled ? FinishReason::cancelled : FinishReason::timed_out);
            return true;
        });
        for (const auto& [queued, reason] : left)
            ++status_.ended[static_cast<std::size_t>(reason)];
    }
    for (const auto& [queued, reason] : left)
        tell_end(queued.job, reason);
}

/// False where there was nothing to do.
bool Scheduler::step() {
    const std::vector<Step> steps = next_step();
    if (steps.size() == 1) return false;
    compute(steps);
    return true;
}

/// A token for each that generates, and pieces of prompts, which are small where somebody waits for the step to end.
/// The first step is the workspace.
std::vector<Step> Scheduler::next_step() {
    std::vector<Sequence*> generating, reading;
    for (Sequence& one : running_) {
        if (!one.is_reading()) {
            generating.push_back(&one);
        } else if (!waits_for_prefix(one)) {
            reading.push_back(&one);
        }
    }
    std::vector<Step> steps = {{&workspace_, {}}};
    for (Sequence* one : generating)
        steps.push_back({&one->session(), one->input(1)});
    std::size_t most = model_.options().batch - generating.size();
    if (!generating.empty() || reading.size() > 1) most = std::min(most, options_.piece);
    std::vector<std::size_t> unread;
    for (const Sequence* one : reading)
        unread.push_back(one->job().prompt.size() - one->session().tokens().size());
    const std::vector<std::size_t> shares = prompt_shares(unread, most);
    for (std::size_t i = 0; i < reading.size(); ++i) {
        reading[i]->pass_over(shares[i] == 0);
        if (shares[i] > 0) steps.push_back({&reading[i]->session(), reading[i]->input(shares[i])});
    }
    return steps;
}

/// Begins with what is computed already, by whomever. True where another is about to compute more of it.
bool Scheduler::waits_for_prefix(Sequence& sequence) {
    const std::span<const int> prompt = sequence.job().prompt;
    const std::size_t held = sequence.session().tokens().size(), cached = sequence.outcome().cached_tokens;
    if (held > cached) return false;  // it has begun to read
    const std::size_t most = prompt.size() - 1;
    std::size_t best = held;
    const PrefixCache::Found kept = cache_.find(prompt);
    if (std::min(kept.length, most) > best) {
        best = std::min(kept.length, most);
        sequence.begin_with(*kept.snapshot, best);
    }
    bool waits = false, earlier = true;
    for (Sequence& other : running_) {
        if (&other == &sequence) {
            earlier = false;
            continue;
        }
        const std::size_t common = std::min(common_prefix(other.job().prompt, prompt), most);
        const std::size_t computed = std::min(common_prefix(other.session().tokens(), prompt), most);
        if (computed > best) {
            best = computed;
            sequence.begin_with(other.session().snapshot(), best);
        }
        waits = waits || (earlier && other.is_reading() && !other.is_passed_over() && common > computed &&
                          common >= best + worth_waiting);
    }
    return waits;
}

void Scheduler::compute(const std::vector<Step>& steps) {
    const auto takes_part = [&](const Sequence& one) {
        return std::ranges::any_of(steps, [&](const Step& step) { return step.session == &one.session(); });
    };
    const auto unwanted = [&](const Sequence& one) { return !takes_part(one) || one.is_cancelled(); };
    try {
        append_together(steps, [&] { return std::ranges::all_of(running_, unwanted); });
    } catch (const Cancelled&) {
        return;  // nobody waits for any of them
    } catch (const std::exception& error) {
        for (auto one = running_.begin(); one != running_.end();)
            one = takes_part(*one) ? end(one, FinishReason::failed, error.what()) : std::next(one);
        return;
    }
    for (auto one = running_.begin(); one != running_.end();) {
        one = takes_part(*one) ? go_on(one) : std::next(one);
    }
}

/// The next one. What fails, a callback included, is the end of that sequence alone.
Scheduler::Running Scheduler::go_on(Running sequence) {
    FinishReason reason = FinishReason::failed;
    std::string problem;
    try {
        if (sequence->go_on()) return std::next(sequence);
        reason = sequence->reason();
    } catch (const UnusableFormat& error) {
        reason = FinishReason::refused;
        problem = error.what();
    } catch (const std::exception& error) {
        problem = error.what();
    }
    return end(sequence, reason, std::move(problem));
}

/// Its slot is free, and what it has computed is kept.
Scheduler::Running Scheduler::end(Running sequence, FinishReason reason, std::string problem) {
    Session& session = sequence->session();
    if (!sequence->job().embed) cache_.keep(session.snapshot());
    session.rewind(0);
    free_.push_back(&session);
    sequence->end(reason, std::move(problem));
    const Outcome& outcome = sequence->outcome();
    {
        const std::lock_guard lock(mutex_);
        --taken_;
        status_.prompt_tokens += outcome.prompt_tokens;
        status_.cached_tokens += outcome.cached_tokens;
        status_.generated_tokens += outcome.generated_tokens;
        status_.prompt_seconds += outcome.prompt_seconds;
        status_.generation_seconds += outcome.generation_seconds;
        status_.job_seconds += outcome.prompt_seconds + outcome.generation_seconds;
        ++status_.ended[static_cast<std::size_t>(reason)];
    }
    heard([&] { sequence->tell(); });
    return running_.erase(sequence);
}

void Scheduler::publish(double seconds) {
    const std::lock_guard lock(mutex_);
    status_.queued = queue_.size();
    status_.kept_prefixes = cache_.size();
    status_.kept_bytes = cache_.bytes();
    if (seconds > 0) ++status_.steps;
    status_.busy_seconds += seconds;
    std::ranges::fill(status_.slots, SlotStatus{});
    for (const Sequence& one : running_) {
        const auto place = static_cast<std::size_t>(&one.session() - sessions_.data());
        status_.slots[place] = {.state = one.is_reading() ? SlotStatus::State::reading : SlotStatus::State::generating,
                                .prompt_tokens = one.job().prompt.size(),
                                .tokens = one.session().tokens().size(),
                                .generated_tokens = one.generated(),
                                .cache_bytes = one.session().cache_bytes()};
    }
}

}  // namespace bitnet::serve
