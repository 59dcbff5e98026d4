#pragma once

#include <array>
#include <optional>
#include <stdexcept>
#include <ternion/core/thread_pool.hpp>
#include <vector>

#include "../data/corpus.hpp"
#include "../data/data.hpp"
#include "../model/network.hpp"
#include "adamw.hpp"
#include "objective.hpp"
#include "schedule.hpp"

namespace train {

/// What a step did.
struct StepReport {
    std::size_t step = 0;
    double loss = 0;  // nats for each token that was asked for, or for each pair, before the step
    double gradient_norm = 0;
    double rate = 0;
    std::size_t tokens = 0;
};

/// How many held-out sequences of each kind are right, of how many.
struct Accuracy {
    struct Count {
        std::size_t right = 0, asked = 0;
    };
    std::vector<Count> of_kind;
    double loss = 0;
};

/// A training run: the master weights, what the optimizer remembers, and the steps that were made. A batch is cut
/// into the same parts at any number of threads, and they add to one set of gradients in the same order.
class Trainer {
 public:
    static constexpr std::size_t parts = 8;

    /// Begins with `weights`, or with random ones where there are none. `data` and `threads` must outlive this. Whether
    /// activations are kept changes no bit of the results. Throws std::invalid_argument for sequences that are longer
    /// than the context.
    Trainer(const Recipe& recipe, Data& data, ternion::ThreadPool& threads, std::vector<float> weights = {},
            Activations activations = Activations::kept);
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Throws Diverged where the loss or the gradients aren't finite; the weights are then as before.
    StepReport step();
    /// Right means: the likeliest token is the right one at every place, so that greedy generation gives the answer; of
    /// pairs, that the chosen answer has gained more than the rejected one.
    Accuracy test(std::size_t of_each);
    /// The log-probability of the targets of each sequence by a model with these weights.
    std::vector<double> log_probabilities(const std::vector<Sequence>& sequences, std::span<const float> weights);

    std::size_t steps_done() const { return steps_done_; }
    const Recipe& recipe() const { return recipe_; }
    Network& network() { return network_; }

    /// What a checkpoint holds: the weights and both moments. Who has written to them calls `restored`.
    std::array<std::span<const float>, 3> state() const { return {weights_, optimizer_.first, optimizer_.second}; }
    std::array<std::span<float>, 3> state() { return {weights_, optimizer_.first, optimizer_.second}; }
    void restored(std::size_t steps_done);

 private:
    /// Of a batch: what it adds to the objective.
    double add_gradients(const Batch& batch, double scale);
    double add_part(const Batch& part, std::size_t index, Network::State& state, double scale);
    /// Names the lines of the step's batch of that number, where one is to blame.
    [[noreturn]] void give_up(double loss, double norm, std::optional<std::size_t> batch);

    Recipe recipe_;
    Data& data_;
    ternion::ThreadPool& threads_;
    Network network_;
    Schedule schedule_;
    std::vector<float> weights_;
    AdamW optimizer_;
    std::size_t steps_done_ = 0;
    std::vector<Network::State> states_;  // of each thread
    Turns turns_;
    std::vector<float> gradients_;
    std::array<Floats, parts> input_gradients_;  // of the parts, until all are done
};

/// A loss or gradients that aren't numbers any more.
struct Diverged : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace train
