#include <algorithm>
#include <bitnet/session.hpp>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "cache_blocks.hpp"
#include "fingerprint.hpp"
#include "session_state.hpp"

namespace bitnet {

using namespace program;
namespace {

double log_probability(std::span<const float> logits, int token) {
    const float peak = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit - peak));
    const double result = static_cast<double>(logits[static_cast<std::size_t>(token)] - peak) - std::log(sum);
    if (std::isfinite(result)) return result;
    throw std::runtime_error("the model's logits: expected finite numbers, found NaN or infinity");
}

std::function<void()> polling(const IsCancelled& cancelled) {
    if (!cancelled) return {};
    return [&cancelled] {
        if (cancelled()) throw Cancelled();
    };
}

}  // namespace

SessionState::SessionState(const Model& of, int own_threads)
    : model(of),
      own(own_threads > 0 ? std::make_unique<ternion::ThreadPool>(own_threads) : nullptr),
      threads(own ? *own : parts().threads),
      decoder(parts().weights, threads),
      cache(parts().weights.shares.own, parts().options.context, parts().options.kv_type),
      head(parts().weights.head(), parts().weights.screen ? &*parts().weights.screen : nullptr, Decoder::kept_rows) {
    if (parts().leader) cache_number = parts().leader->open_cache();
}

SessionState::~SessionState() {
    if (parts().leader) parts().leader->close_cache(cache_number);
}

std::span<const Candidate> SessionState::likeliest(std::size_t i, std::size_t best, std::span<const int> always) {
    decoder.clock().start();
    if (parts().leader) {
        const std::size_t hidden = parts().weights.config.hidden;
        found = parts().leader->likeliest({last.data() + i * hidden, hidden}, best, always, threads);
    }
    const std::span<const Candidate> all = parts().leader ? found : head.after(i, best, always, threads);
    decoder.clock().end(TokenPart::head);
    return all;
}

void SessionState::logits_of(std::span<const float> vectors, std::size_t count, std::span<float> out) {
    decoder.clock().start();
    if (parts().leader) {
        parts().leader->logits(vectors, count, out, threads);
    } else {
        parts().weights.head().logits(vectors, count, out, threads);
    }
    decoder.clock().end(TokenPart::head);
}

void SessionState::truncate(std::size_t length) {
    cache.truncate(length);
    rows -= std::min(rows, tokens.size() - cache.length());
    tokens.resize(cache.length());
}

std::size_t SessionState::row_before(std::size_t ignored) const {
    if (ignored < rows) return rows - 1 - ignored;
    throw std::logic_error("what follows isn't known: expected tokens to be appended first");
}

int SessionState::sample(Sampler& sampler, std::size_t ignored) {
    const auto history = std::span<const int>(tokens).first(tokens.size() - ignored);
    const auto likely = likeliest(row_before(ignored), sampler.needed(), sampler.penalised(history));
    return sampler(likely, history);
}

bool SessionState::restore(std::vector<int> processed, std::span<const std::byte> blocks) {
    SnapshotState restored(model);
    ternion::AlignedBuffer<std::byte> block(block_bytes());
    for (std::size_t done = 0; done < processed.size(); done += KvCache::block, blocks = blocks.subspan(block.size())) {
        std::copy_n(blocks.begin(), block.size(), block.begin());
        if (!is_finite(cache.format(), block)) return false;
        const std::size_t count = std::min(KvCache::block, processed.size() - done);
        if (parts().leader) {
            parts().leader->append_block(restored.cache, restored.cache_number, block, count);
        } else {
            append_block(restored.cache, parts().weights.shares, block, count);
        }
    }
    restored.tokens = std::move(processed);
    restore(restored, restored.tokens.size());
    return true;
}

void SessionState::restore(const SnapshotState& snapshot, std::size_t length) {
    KvCache copy = snapshot.cache;
    if (parts().leader) parts().leader->copy_cache(snapshot.cache_number, cache_number, length);
    tokens = snapshot.tokens;
    cache = std::move(copy);
    rows = 0;
    pending.clear();
    truncate(length);
}

std::size_t SessionState::block_bytes() const {
    const Config& config = parts().weights.config;
    return config.layers * config.kv_heads * cache.format().bytes();
}

std::span<const std::byte> SessionState::block(std::size_t index, ternion::AlignedBuffer<std::byte>& scratch) const {
    if (!parts().leader) return cache.memory(index);
    scratch.resize(block_bytes());
    parts().leader->gather_block(cache, cache_number, index, scratch);
    return scratch;
}

std::uint64_t SessionState::fingerprint() const {
    return parts().leader ? parts().leader->fingerprint(parts()) : bitnet::fingerprint(parts());
}

SnapshotState::SnapshotState(const SessionState& session)
    : model(session.model), cache(session.cache), tokens(session.tokens) {
    std::optional<Leader>& leader = session.parts().leader;
    if (!leader) return;
    cache_number = leader->open_cache();
    leader->copy_cache(session.cache_number, cache_number, cache.length());
}

SnapshotState::SnapshotState(const Model& of)
    : model(of), cache(of.state()->weights.shares.own, of.state()->options.context, of.state()->options.kv_type) {
    if (std::optional<Leader>& leader = model.state()->leader) cache_number = leader->open_cache();
}

SnapshotState::~SnapshotState() {
    if (std::optional<Leader>& leader = model.state()->leader) leader->close_cache(cache_number);
}

Session::Session(const Model& model, int threads) {
    if (threads < 0 || threads > 1024)
        throw std::invalid_argument(joined("Session: expected 0 to 1024 threads, found ", threads));
    state_ = std::make_unique<SessionState>(model, threads);
}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

const Model& Session::model() const {
    return state_->model;
}
std::size_t Session::threads() const {
    return state_->threads.concurrency();
}
std::span<const int> Session::tokens() const {
    return state_->tokens;
}
std::span<const int> Session::pending() const {
    return state_->pending;
}
std::size_t Session::room() const {
    return state_->room();
}
std::size_t Session::cache_bytes() const {
    return state_->cache.bytes();
}
void Session::time_parts(PartTimes* times) {
    state_->decoder.clock().report_to(times);
}

void Session::defer(std::span<const int> tokens) {
    state_->decoder.check(tokens);
    state_->pending.insert(state_->pending.end(), tokens.begin(), tokens.end());
}

void Session::append(std::span<const int> tokens, const IsCancelled& cancelled) {
    Part part{state_.get(), tokens};
    append_parts({&part, 1}, polling(cancelled));
}

void Session::append(std::span<const int> tokens, std::size_t first,
                     const std::function<void(std::size_t, std::span<const float>)>& take,
                     const IsCancelled& cancelled) {
    Part part{.session = state_.get(), .tokens = tokens, .progress = {}, .first = first, .take = take};
    append_parts({&part, 1}, polling(cancelled));
}

void append_together(std::span<const Step> steps, const IsCancelled& cancelled) {
    std::vector<Part> parts;
    for (const auto& [session, tokens] : steps) {
        if (session == nullptr) throw std::invalid_argument("append_together: expected a session, found none");
        parts.push_back({&session->state(), tokens});
    }
    append_parts(parts, polling(cancelled));
}

void Session::rewind(std::size_t length) {
    state_->pending.clear();
    state_->truncate(length);
}

Snapshot Session::snapshot() const {
    return Snapshot(std::make_shared<const SnapshotState>(*state_));
}

void Session::restore(const Snapshot& snapshot, std::size_t length) {
    const SnapshotState& from = *snapshot.state_;
    if (from.model.state() != state_->model.state())
        throw std::invalid_argument("restore: expected a snapshot of the session's model, found one of another");
    if (length > from.tokens.size()) {
        throw std::invalid_argument(
            joined("restore: expected at most ", from.tokens.size(), " tokens, those of the snapshot, found ", length));
    }
    state_->restore(from, length);
}

std::span<const int> Snapshot::tokens() const {
    return state_->tokens;
}

std::size_t Snapshot::cache_bytes(std::span<const Snapshot> all) {
    std::unordered_set<const std::byte*> counted;
    std::size_t bytes = 0;
    for (const Snapshot& one : all) {
        const KvCache& cache = one.state_->cache;
        for (std::size_t i = 0; i < cache.blocks(); ++i) {
            const auto memory = cache.memory(i);
            if (counted.insert(memory.data()).second) bytes += memory.size();
        }
    }
    return bytes;
}

std::span<const float> Session::logits() {
    SessionState& s = *state_;
    const std::size_t hidden = s.decoder.config().hidden;
    const auto vector = std::span<const float>(s.last.data(), s.last.size()).subspan(s.row_before(0) * hidden, hidden);
    s.logits.resize(s.decoder.config().vocab);
    s.logits_of(vector, 1, s.logits);
    return s.logits;
}

std::span<const Candidate> Session::candidates(std::size_t count, std::span<const int> always) {
    return state_->likeliest(state_->row_before(0), count, always);
}

std::vector<Candidate> Session::likeliest(std::size_t count) {
    const auto found = candidates(count);
    std::vector<Candidate> best(found.begin(), found.end());
    const auto end = best.begin() + static_cast<std::ptrdiff_t>(std::min(count, best.size()));
    std::partial_sort(best.begin(), end, best.end(), Candidate::likelier);
    best.erase(end, best.end());
    return best;
}

int Session::sample(Sampler& sampler) {
    return state_->sample(sampler, 0);
}

std::vector<float> Session::embedding() const {
    const std::size_t hidden = state_->parts().weights.config.hidden;
    const float* last = state_->last.data() + state_->row_before(0) * hidden;
    std::vector<float> vector(last, last + hidden);
    double squares = 0;
    for (const float x : vector)
        squares += static_cast<double>(x) * static_cast<double>(x);
    const double length = std::sqrt(squares);
    if (!std::isfinite(length) || length == 0)
        throw std::runtime_error("the model's vector: expected finite numbers, found NaN, infinity or zeros");
    for (float& x : vector)
        x = static_cast<float>(static_cast<double>(x) / length);
    return vector;
}

std::vector<double> Session::log_probabilities(std::span<const int> tokens, std::size_t first) {
    if (first == 0 || first >= tokens.size()) throw std::out_of_range("log_probabilities: no token before the first");
    state_->decoder.check(tokens);
    if (tokens.size() - 1 > state_->cache.capacity()) {
        const std::string expected = joined("at most ", state_->cache.capacity(), " tokens and one that follows them");
        throw PromptTooLong(FileError(model().name(), expected, tokens.size()).what());
    }
    const auto held = std::span<const int>(state_->tokens);
    const auto shorter = static_cast<std::ptrdiff_t>(std::min(held.size(), tokens.size()));
    const auto known = std::mismatch(held.begin(), held.begin() + shorter, tokens.begin()).first - held.begin();
    rewind(std::min(static_cast<std::size_t>(known), first - 1));
    std::vector<double> results(tokens.size() - first);
    const std::size_t vocab = model().vocabulary_size();
    const auto take = [&](std::size_t position, std::span<const float> logits) {
        ternion::in_chunks(state_->threads, logits.size() / vocab, 4, [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i) {
                const std::size_t next = position + i + 1;
                results[next - first] = log_probability(logits.subspan(i * vocab, vocab), tokens[next]);
            }
        });
    };
    // The last one needs no step: nothing follows it.
    const std::size_t begin = state_->tokens.size();
    append(tokens.subspan(begin, tokens.size() - 1 - begin), first - 1, take);
    return results;
}

}  // namespace bitnet
