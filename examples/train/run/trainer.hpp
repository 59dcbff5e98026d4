#pragma once

#include <array>
#include <stdexcept>
#include <ternion/core/thread_pool.hpp>
#include <vector>

#include "../dialogues/batches.hpp"
#include "../dialogues/exchange.hpp"
#include "../model/network.hpp"
#include "adamw.hpp"
#include "schedule.hpp"

namespace train {

/// What a step did.
struct StepReport {
    std::size_t step = 0;
    double loss = 0;  // nats for each token that was asked for, before the step
    double gradient_norm = 0;
    double rate = 0;
};

/// How many held-out questions of each skill are answered without a mistake, of how many.
struct Accuracy {
    struct Count {
        int right = 0, asked = 0;
    };
    std::array<Count, skills.size()> skill{};
    double loss = 0;
};

/// A training run: the master weights, what the optimizer remembers, and the steps that were made. The batch is cut
/// into the same parts at any number of threads, and their gradients are added in the same order.
class Trainer {
 public:
    Trainer(const Recipe& recipe, const bitnet::Tokenizer& tokenizer, ternion::ThreadPool& threads);
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Throws Diverged where the loss or the gradients aren't finite; the weights are then as before.
    StepReport step();
    /// Right means: the likeliest token is the right one at every place, so that greedy generation gives the answer.
    Accuracy test(int questions_of_each);

    std::size_t steps_done() const { return steps_done_; }
    const Recipe& recipe() const { return recipe_; }
    Network& network() { return network_; }

    /// What a checkpoint holds: the weights and both moments. Who has written to them calls `restored`.
    std::array<std::span<const float>, 3> state() const { return {weights_, optimizer_.first, optimizer_.second}; }
    std::array<std::span<float>, 3> state() { return {weights_, optimizer_.first, optimizer_.second}; }
    void restored(std::size_t steps_done);

 private:
    static constexpr std::size_t parts = 4;
    static constexpr int questions_at_once = 20;
    static constexpr std::size_t longest_question = 192;  // tokens, with the answer

    double gather_gradients(const Batch& batch, float factor);
    void test(std::span<const Exchange> exchanges, Accuracy::Count& count, Loss& loss) const;

    Recipe recipe_;
    ternion::ThreadPool& threads_;
    Conversations conversations_;
    Network network_;
    Schedule schedule_;
    std::vector<float> weights_;
    AdamW optimizer_;
    std::size_t steps_done_ = 0;
    std::array<Network::State, parts> states_;
    std::array<std::vector<float>, parts> gradients_;
};

/// A loss or gradients that aren't numbers any more.
struct Diverged : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace train
