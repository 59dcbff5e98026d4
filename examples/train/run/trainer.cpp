#include "trainer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>

#ifdef EIGEN_USE_BLAS
#include <cblas.h>
#endif

namespace train {

namespace {

/// A part of a batch is one thread's work, whatever computes its products: so they don't depend on how many there are.
void multiply_on_the_calling_thread() {
#ifdef EIGEN_USE_BLAS
    openblas_set_num_threads(1);
#endif
}

}  // namespace

Trainer::Trainer(const Recipe& recipe, Data& data, ternion::ThreadPool& threads, std::vector<float> weights,
                 Activations activations)
    : recipe_(recipe),
      data_(data),
      threads_(threads),
      network_(recipe),
      schedule_(recipe),
      weights_(weights.empty() ? initial_weights(network_.layout(), recipe) : std::move(weights)),
      optimizer_(network_.layout(), recipe.beta1, recipe.beta2),
      states_(threads.concurrency(), Network::State(activations)),
      turns_(network_.places()),
      gradients_(network_.layout().size()) {
    if (recipe.sizes.context < data.longest()) {
        throw std::invalid_argument("expected a context of " + std::to_string(data.longest()) +
                                    " tokens at least, the longest sequence, found " +
                                    std::to_string(recipe.sizes.context));
    }
    multiply_on_the_calling_thread();
    network_.update(weights_, threads_);
}

void Trainer::restored(std::size_t steps_done) {
    steps_done_ = steps_done;
    network_.update(weights_, threads_);
}

double Trainer::add_part(const Batch& part, std::size_t index, Network::State& state, double scale) {
    const Objective objective =
        objective_of(part, network_.forward(part, state), scale, static_cast<double>(recipe_.preference_beta));
    network_.backward(part, state, objective.factors, WeightGradients(gradients_, turns_, index));
    input_gradients_[index] = Network::input_gradients(state);
    return objective.sum;
}

double Trainer::add_gradients(const Batch& batch, double scale) {
    std::array<double, parts> sums{};
    std::vector<Batch> cut = batch.parts(parts);
    std::erase_if(cut, [](const Batch& part) { return part.sequences() == 0; });
    turns_.begin();
    threads_.parallel_for(cut.size(), [&](std::size_t i, std::size_t worker) {
        try {
            sums[i] = add_part(cut[i], i, states_[worker], scale);
        } catch (...) {
            turns_.abandon();
            throw;
        }
    });
    for (std::size_t i = 0; i < cut.size(); ++i)
        network_.add_input_gradients(cut[i].tokens, input_gradients_[i], gradients_);
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

StepReport Trainer::step() {
    std::vector<Batch> batches;
    StepReport report;
    std::size_t units = 0;
    for (std::size_t i = 0; i < recipe_.accumulate; ++i) {
        const Batch& batch = batches.emplace_back(data_.training(steps_done_ * recipe_.accumulate + i));
        units += batch.units();
        report.tokens += batch.tokens.size();
    }
    std::ranges::fill(gradients_, 0.0F);
    double sum = 0;
    const double mean = 1 / static_cast<double>(std::max<std::size_t>(units, 1));
    std::optional<std::size_t> bad;  // the first batch whose loss is no number
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const double added = add_gradients(batches[i], recipe_.sum_loss ? 1 : mean);
        if (!std::isfinite(added) && !bad) bad = i;
        sum += added;
    }
    report.loss = sum * mean;
    report.gradient_norm = norm_of(gradients_, threads_);
    if (!std::isfinite(sum) || !std::isfinite(report.gradient_norm)) {
        if (batches.size() == 1) bad = 0;
        give_up(report.loss, report.gradient_norm, bad);
    }
    const float rate = schedule_.rate(steps_done_);
    const auto factor =
        static_cast<float>(std::min(1.0, static_cast<double>(recipe_.clip) / std::max(report.gradient_norm, 1e-12)));
    optimizer_(weights_, gradients_, factor, steps_done_, rate, schedule_.weight_decay(steps_done_), threads_);
    network_.update(weights_, threads_);
    report.step = ++steps_done_;
    report.rate = static_cast<double>(rate);
    return report;
}

void Trainer::give_up(double loss, double norm, std::optional<std::size_t> batch) {
    std::string origin = batch ? data_.origin(steps_done_ * recipe_.accumulate + *batch) : "";
    if (!origin.empty()) origin = " (" + origin + ")";
    const auto shown = [](double number) { return std::isnan(number) ? "nan" : std::to_string(number); };  // no -nan
    throw Diverged("the loss is " + shown(loss) + " and the gradients' norm " + shown(norm) + " in step " +
                   std::to_string(steps_done_ + 1) + origin + ": try a smaller learning rate, in another folder");
}

namespace {

/// How many sequences have no mistake.
Accuracy::Count count_right(const Batch& batch, const std::vector<bool>& right) {
    Accuracy::Count count;
    auto begin = right.begin();
    for (std::size_t i = 0; i < batch.sequences(); ++i, ++count.asked) {
        const auto end = begin + static_cast<std::ptrdiff_t>(batch.part(i, 1).asked());
        count.right += std::all_of(begin, end, std::identity()) ? 1 : 0;
        begin = end;
    }
    return count;
}

}  // namespace

Accuracy Trainer::test(std::size_t of_each) {
    struct Task {
        std::size_t kind;
        Batch batch;
        double sum = 0;
        Accuracy::Count count = {};
    };
    std::vector<Task> tasks;
    const std::vector<HeldOut> held_out = data_.held_out(of_each);
    for (std::size_t kind = 0; kind < held_out.size(); ++kind) {
        for (const Batch& batch : held_out[kind].batches) {
            for (Batch& part : batch.parts(parts))
                if (part.sequences() > 0) tasks.push_back({kind, std::move(part)});
        }
    }
    threads_.parallel_for(tasks.size(), [&](std::size_t i, std::size_t worker) {
        Network::State& state = states_[worker];
        Task& task = tasks[i];
        const Loss loss = network_.forward(task.batch, state);
        const Objective objective = objective_of(task.batch, loss, 1, static_cast<double>(recipe_.preference_beta));
        task.sum = objective.sum;
        task.count = task.batch.reference.empty() ? count_right(task.batch, network_.right(task.batch, state))
                                                  : Accuracy::Count{objective.right, task.batch.units()};
    });
    Accuracy accuracy{std::vector<Accuracy::Count>(held_out.size()), 0};
    std::size_t units = 0;
    for (const Task& task : tasks) {
        accuracy.of_kind[task.kind].right += task.count.right;
        accuracy.of_kind[task.kind].asked += task.count.asked;
        accuracy.loss += task.sum;
        units += task.batch.units();
    }
    accuracy.loss /= static_cast<double>(std::max<std::size_t>(units, 1));
    return accuracy;
}

std::vector<double> Trainer::log_probabilities(const std::vector<Sequence>& sequences, std::span<const float> weights) {
    std::vector<double> sums(sequences.size());
    network_.update(weights, threads_);
    threads_.parallel_for(sequences.size(), [&](std::size_t i, std::size_t worker) {
        Batch batch;
        batch.add(sequences[i].tokens, sequences[i].targets);
        sums[i] = -network_.forward(batch, states_[worker]).sum;
    });
    network_.update(weights_, threads_);
    return sums;
}

}  // namespace train
