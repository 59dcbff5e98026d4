#include "generator.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "draft.hpp"

namespace bitnet {

using namespace program;
namespace {

/// The generation to be cancelled knows it.
struct StepCancelled {};

}  // namespace

Generator::Generator(SessionState& session, std::span<const int> prompt, Sampler& sampler,
                     const GenerationOptions& options, const OnPiece& on_piece)
    : session_(session),
      sampler_(sampler),
      options_(options),
      on_piece_(on_piece),
      input_(prompt.begin(), prompt.end()) {
    if (options.limit < -1) {
        throw std::invalid_argument(joined("generate: expected a limit of at least -1, found ", options.limit));
    }
    (void)session.model.tokenizer();  // to be there before anything is computed
    session.decoder.check(prompt);
    if (prompt.empty() && session.pending.empty() && session.rows == 0) {
        throw std::invalid_argument("generate: expected a prompt, found an empty one");
    }
}

double Generator::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

Part Generator::input() {
    Part part{&session_, input_};
    if (reading_) part.progress = options_.prompt_progress;
    return part;
}

void Generator::take_input() {
    if (reading_) made_.prompt.seconds = seconds();
    if (!reading_) draft_ = input_.size();
    reading_ = false;
    input_.clear();
}

void Generator::drop_draft() {
    session_.truncate(session_.tokens.size() - draft_);
    draft_ = 0;
}

bool Generator::poll() {
    if (ended_ || !options_.cancelled || !options_.cancelled()) return ended_;
    end(GenerationEnd::cancelled);
    return true;
}

void Generator::end(GenerationEnd reason) {
    ended_ = true;
    made_.end = reason;
    made_.generated.seconds = reading_ ? 0 : seconds() - made_.prompt.seconds;
    if (reading_) made_.prompt = {};
    const std::string rest = characters_.finish();
    made_.text += rest;
    if (!rest.empty() && on_piece_ && !refused_) on_piece_(rest);
}

bool Generator::choose() {
    if (reading_) {
        made_.prompt.tokens = session_.pending.size() + input_.size();
        return true;
    }
    const auto limit = static_cast<std::size_t>(options_.limit);  // -1 is the largest of all
    while (!ended_) {
        if (made_.generated.tokens >= limit) {
            end(GenerationEnd::limit);
        } else if (session_.pending.empty()) {
            choose_one();
        } else if (session_.room() == 0) {
            end(GenerationEnd::full_context);
        } else {
            if (options_.draft_ngram == 0) return true;
            std::vector<int> all = session_.tokens;
            all.insert(all.end(), session_.pending.begin(), session_.pending.end());
            const std::size_t most = std::min({limit - made_.generated.tokens, session_.room() - 1,
                                               session_.parts().options.batch - 1, Decoder::kept_rows - 1});
            input_ = look_up_draft(all, options_.draft_ngram, most);
            return true;
        }
    }
    return false;
}

/// The bits of what follows each token of a draft are those of one by one, so that the text is the same.
void Generator::choose_one() {
    const int token = session_.sample(sampler_, draft_);
    const bool stops = session_.model.tokenizer().is_stop(token);
    const std::size_t length = session_.tokens.size() - draft_;
    if (!stops && draft_ > 0 && session_.tokens[length] == token) {
        --draft_;
    } else {
        session_.truncate(length);
        draft_ = 0;
        if (stops) return end(GenerationEnd::stop_token);
        session_.pending = {token};
    }
    ++made_.generated.tokens;
    if (put(token)) return;
    refused_ = true;
    drop_draft();
    end(GenerationEnd::cancelled);
}

/// False where no more is wanted.
bool Generator::put(int token) {
    const Tokenizer& tokenizer = session_.model.tokenizer();
    // A model may know more ids than its tokenizer has pieces: padding.
    if (static_cast<std::size_t>(token) >= tokenizer.size() || tokenizer.is_special(token)) return true;
    const std::string piece = characters_.put(tokenizer.piece(token));
    made_.text += piece;
    return piece.empty() || !on_piece_ || on_piece_(piece);
}

// Whatever throws, a callback say, no session keeps tokens that were only guessed.
void run_together(std::span<Generator* const> generators) try {
    std::vector<Generator*> active(generators.begin(), generators.end());
    const auto between = [&] {
        bool cancelled = false;
        for (Generator* one : active)
            cancelled = one->poll() || cancelled;
        if (cancelled) throw StepCancelled();
    };
    const auto leave = [&](auto&& left) {
        active.erase(std::remove_if(active.begin(), active.end(), left), active.end());
    };
    for (;;) {
        leave([](Generator* one) { return !one->choose(); });
        if (active.empty()) return;
        std::vector<Part> parts;
        for (Generator* one : active)
            parts.push_back(one->input());
        try {
            append_parts(parts, between);
        } catch (const StepCancelled&) {
            leave([](Generator* one) { return one->poll(); });
            continue;
        }
        for (Generator* one : active)
            one->take_input();
    }
} catch (...) {
    for (Generator* one : generators)
        one->drop_draft();
    throw;
}

Generation Session::generate(std::span<const int> prompt, Sampler& sampler, const GenerationOptions& options,
                             const OnPiece& on_piece) {
    Generator generator(*state_, prompt, sampler, options, on_piece);
    Generator* const all[] = {&generator};
    run_together(all);
    return generator.made();
}

Generation Session::generate(std::span<const int> prompt, const GenerationOptions& options, const OnPiece& on_piece) {
    Sampler sampler(options.sampling);
    return generate(prompt, sampler, options, on_piece);
}

Generation Session::generate(std::string_view prompt, const GenerationOptions& options, const OnPiece& on_piece) {
    const Tokenizer& tokenizer = model().tokenizer();
    const bool begins = tokens().empty() && pending().empty();
    return generate(begins ? tokenizer.encode_with_bos(prompt) : tokenizer.encode(prompt), options, on_piece);
}

std::vector<Generation> generate_together(std::span<const GenerationRequest> requests) {
    std::vector<Sampler> samplers;
    for (const GenerationRequest& request : requests) {
        if (request.session == nullptr)
            throw std::invalid_argument("generate_together: expected a session, found none");
        samplers.emplace_back(request.options.sampling);
    }
    std::vector<Generator> generators;
    generators.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const GenerationRequest& request = requests[i];
        generators.emplace_back(request.session->state(), request.prompt, samplers[i], request.options,
                                request.on_piece);
    }
    std::vector<Generator*> all;
    for (Generator& one : generators)
        all.push_back(&one);
    run_together(all);
    std::vector<Generation> made;
    for (const Generator& one : generators)
        made.push_back(one.made());
    return made;
}

}  // namespace bitnet
