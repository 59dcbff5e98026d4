#include "conversation.hpp"

#include <chrono>
#include <utility>

namespace bitnet::cli {

namespace {

class Stopwatch {
 public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

Conversation::Conversation(const Model& model, const Tokenizer& tokenizer, std::string system, std::size_t batch)
    : tokenizer_(tokenizer), template_(tokenizer), system_(std::move(system)), session_(model, batch) {
    reset();
}

void Conversation::reset() {
    session_.rewind(0);
    unfed_ = template_.opening(system_);
}

GenerationEnd Conversation::answer(std::string_view user, Sampler& sampler, std::size_t limit,
                                   const std::function<void(std::string_view)>& put,
                                   const std::function<bool()>& stop) {
    std::vector<int> prompt = unfed_;
    const std::vector<int> turn = template_.turn(user);
    prompt.insert(prompt.end(), turn.begin(), turn.end());
    const Stopwatch reading;
    if (!session_.feed(prompt, stop)) return GenerationEnd::interrupted;
    prompts_.tokens += prompt.size();
    prompts_.seconds += reading.seconds();

    const Stopwatch writing;
    const Generation made = generate(session_, sampler, tokenizer_, limit, put, stop);
    answers_.tokens += made.count;
    answers_.seconds += writing.seconds();
    unfed_.clear();
    if (made.unfed >= 0) unfed_.push_back(made.unfed);
    unfed_.push_back(template_.end_of_turn());
    return made.end;
}

}  // namespace bitnet::cli
