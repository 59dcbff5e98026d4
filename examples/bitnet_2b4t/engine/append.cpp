#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "session_state.hpp"

namespace bitnet {

using namespace program;
namespace {

/// A part on its way through the decoder.
struct Progressing {
    explicit Progressing(Part& of) : part(of), session(*of.session), before(session.tokens.size()) {
        all = session.pending;
        all.insert(all.end(), part.tokens.begin(), part.tokens.end());
    }

    std::size_t left() const { return all.size() - done; }

    Part& part;
    SessionState& session;
    std::size_t before;  // tokens
    std::vector<int> all;
    std::size_t done = 0;
    std::size_t rows = 0;  // of session.next
};

void check(const std::vector<Progressing>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const SessionState& session = parts[i].session;
        if (session.model.state() != parts[0].session.model.state())
            throw std::invalid_argument("append_together: expected sessions of one model, found another");
        for (std::size_t j = 0; j < i; ++j) {
            if (&parts[j].session == &session)
                throw std::invalid_argument("append_together: expected each session once, found one twice");
        }
        if (parts[i].all.size() <= session.room()) continue;
        const std::string expected = joined("a prompt of at most ", session.room(),
                                            " tokens, what is left of a context of ", session.cache.capacity());
        throw PromptTooLong(FileError(session.model.name(), expected, parts[i].all.size()).what());
    }
}

/// Hands out the logits of `count` tokens, which the decoder has from row `begin` on, a few at a time.
void hand_out(Progressing& p, Decoder& decoder, std::size_t begin, std::size_t count) {
    constexpr std::size_t rows_at_once = 64;
    const std::size_t position = p.session.tokens.size() - count, vocab = decoder.config().vocab;
    std::vector<float> logits;
    for (std::size_t row = std::max(position, p.part.first); row < position + count; row += rows_at_once) {
        const std::size_t rows = std::min(rows_at_once, position + count - row);
        logits.resize(rows * vocab);
        const std::size_t hidden = decoder.config().hidden;
        const auto vectors = decoder.hidden().subspan((begin + row - position) * hidden, rows * hidden);
        p.session.logits_of(vectors, rows, logits);
        p.part.take(row, logits);
    }
}

/// Keeps the decoder's last vectors of a sequence, which end behind row `end`.
void keep_rows(Progressing& p, const Decoder& decoder, std::size_t end, std::size_t count) {
    const std::size_t hidden = decoder.config().hidden;
    p.rows = std::min(count, Decoder::kept_rows);
    const auto last = decoder.hidden().subspan((end - p.rows) * hidden, p.rows * hidden);
    p.session.next.resize(last.size());
    std::copy(last.begin(), last.end(), p.session.next.begin());
}

/// One step of the decoder for as many sequences as make a batch, but for one at least; false where nothing is left.
bool step(std::vector<Progressing>& parts, const std::function<void()>& between) {
    Decoder& decoder = parts[0].session.decoder;
    const std::size_t batch = parts[0].session.parts().options.batch;
    std::vector<Sequence> sequences;
    std::vector<std::pair<Progressing*, std::size_t>> taken;
    std::vector<std::uint64_t> caches;
    std::size_t total = 0;
    for (Progressing& p : parts) {
        const std::size_t count = std::min(batch, p.left());
        if (count == 0 || (total > 0 && total + count > batch)) continue;
        if (p.part.progress && p.all.size() > batch) p.part.progress(p.done, p.all.size());
        sequences.push_back({std::span(p.all).subspan(p.done, count), &p.session.cache});
        caches.push_back(p.session.cache_number);
        taken.push_back({&p, count});
        total += count;
    }
    if (taken.empty()) return false;
    if (auto& leader = parts[0].session.parts().leader) {
        leader->forward(decoder, sequences, caches, between);
    } else {
        decoder.forward(sequences, between);
    }
    std::size_t row = 0;
    for (const auto& [p, count] : taken) {
        const auto begin = p->all.begin() + static_cast<std::ptrdiff_t>(p->done);
        p->session.tokens.insert(p->session.tokens.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
        if (p->part.take) hand_out(*p, decoder, row, count);
        row += count;
        keep_rows(*p, decoder, row, count);
        p->done += count;
        if (p->part.progress && p->all.size() > batch && p->left() == 0) p->part.progress(p->done, p->all.size());
    }
    return true;
}

/// The sequences have come as far as they should.
void finish(std::vector<Progressing>& parts) {
    std::vector<Likeliest*> heads;
    for (Progressing& p : parts) {
        if (p.rows == 0) continue;
        SessionState& session = p.session;
        session.pending.clear();
        std::swap(session.last, session.next);
        session.rows = p.rows;
        session.head.reset(session.last);
        // A few tokens are a draft: it is the first of them that will be asked for.
        if (p.all.size() == 1 || p.all.size() > Decoder::kept_rows) heads.push_back(&session.head);
    }
    if (heads.size() > 1 && !parts[0].session.parts().leader) Likeliest::prepare_last(heads, parts[0].session.threads);
}

}  // namespace

void append_parts(std::span<Part> parts, const std::function<void()>& between) {
    std::vector<Progressing> all;
    for (Part& part : parts)
        all.emplace_back(part);
    if (all.empty()) return;
    check(all);
    try {
        while (step(all, between)) {
        }
    } catch (...) {
        for (Progressing& p : all) {
            p.session.tokens.resize(p.before);
            p.session.cache.truncate(p.before);
        }
        throw;
    }
    finish(all);
}

}  // namespace bitnet
