// What a recipe says, and what a step then does: rates and decay, the loss's sum or mean, the cut of the gradients'
// norm, the data of the second stage, the reference model.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <numeric>

#include "train_fixture.hpp"

namespace {

using namespace train;
using namespace train_tests;

TEST_CASE("the schedule has two stages: a drop to a much lower peak, and weight decay that ends") {
    Recipe recipe;
    recipe.steps = 1000;
    const Schedule schedule(recipe);
    CHECK(schedule.rate(0) == recipe.peak_rate / 30);
    CHECK(schedule.rate(29) > 0.99F * recipe.peak_rate);
    CHECK(schedule.rate(499) > 0.49F * recipe.peak_rate);
    CHECK(schedule.rate(500) == recipe.second_rate);
    CHECK(schedule.rate(500) < 0.5F * schedule.rate(499));
    CHECK(schedule.rate(999) < 0.02F * recipe.second_rate);
    CHECK(schedule.weight_decay(0) == 0.1F);
    CHECK(schedule.weight_decay(499) > 0);
    CHECK(schedule.weight_decay(500) == 0);
    for (std::size_t step = 30; step < 999; ++step)
        CHECK(schedule.rate(step + 1) < schedule.rate(step));
    recipe.first_stage = 1;
    CHECK(Schedule(recipe).rate(500) < recipe.peak_rate / 1.9F);
    CHECK(Schedule(recipe).rate(500) > recipe.peak_rate / 2.1F);
}

double norm(std::span<const float> values) {
    return std::sqrt(std::transform_reduce(values.begin(), values.end(), 0.0, std::plus(), [](float value) {
        return static_cast<double>(value) * static_cast<double>(value);
    }));
}

TEST_CASE("an optimizer's steps are the paper's formula, and only matrices decay") {
    const Layout layout(with_vocabulary(small_recipe()).sizes);
    constexpr double beta1 = 0.9, beta2 = 0.95, rate = 0.01, decay = 0.1, factor = 0.5;
    AdamW optimizer(layout, static_cast<float>(beta1), static_cast<float>(beta2));
    ternion::ThreadPool threads(2);
    Random random(5, 5);
    std::vector<float> weights(layout.size()), gradients(layout.size());
    for (float& weight : weights)
        weight = static_cast<float>(random.uniform() + 1);
    std::vector<double> expected(weights.begin(), weights.end()), first(layout.size()), second(layout.size());
    for (std::size_t step = 0; step < 3; ++step) {
        for (float& gradient : gradients)
            gradient = static_cast<float>(random.uniform() - 0.5);
        optimizer(weights, gradients, factor, step, static_cast<float>(rate), static_cast<float>(decay), threads);
        const auto t = static_cast<double>(step + 1);
        for (const Layout::Piece& piece : layout.pieces()) {
            for (std::size_t i = piece.offset; i < piece.offset + piece.size(); ++i) {
                const double g = factor * static_cast<double>(gradients[i]);
                first[i] = beta1 * first[i] + (1 - beta1) * g;
                second[i] = beta2 * second[i] + (1 - beta2) * g * g;
                const double m = first[i] / (1 - std::pow(beta1, t)), v = second[i] / (1 - std::pow(beta2, t));
                expected[i] -= rate * (m / (std::sqrt(v) + 1e-8) + (piece.is_norm() ? 0 : decay * expected[i]));
            }
        }
    }
    double furthest = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
        furthest = std::max(furthest, std::fabs(static_cast<double>(weights[i]) - expected[i]));
    CHECK(furthest < 1e-5);
}

/// A step, and the norm of the first moment after it: a tenth of the gradients' that were used.
struct FirstStep {
    explicit FirstStep(const Recipe& recipe) : run(recipe, threads) {
        report = run.trainer.step();
        used = 10 * norm(run.trainer.state()[1]);
    }
    ternion::ThreadPool threads{2};
    DialogueRun run;
    StepReport report;
    double used;
};

TEST_CASE("a loss is summed or averaged, and the gradients' norm is cut") {
    Recipe recipe = with_vocabulary(small_recipe());
    recipe.clip = 1e6F;
    const FirstStep mean(recipe);
    CHECK(std::fabs(mean.used / mean.report.gradient_norm - 1) < 1e-4);
    recipe.sum_loss = true;
    FirstStep sum(recipe);
    const auto targets = static_cast<double>(sum.run.data.training(0).asked());
    CHECK(sum.report.loss == mean.report.loss);  // shown for each target
    CHECK(std::fabs(sum.report.gradient_norm / (targets * mean.report.gradient_norm) - 1) < 1e-4);
    recipe.clip = 0.25F;
    const FirstStep cut(recipe);
    CHECK(cut.report.gradient_norm == sum.report.gradient_norm);  // shown as it was
    CHECK(std::fabs(cut.used / 0.25 - 1) < 1e-4);
}

TEST_CASE("weight decay is that of the schedule") {
    Recipe recipe = with_vocabulary(small_recipe());
    recipe.first_stage = 0;
    const auto weights_after_step = [&] {
        const FirstStep step(recipe);
        const auto weights = step.run.trainer.state()[0];
        return std::vector<float>(weights.begin(), weights.end());
    };
    const std::vector<float> without = weights_after_step();
    recipe.weight_decay = 0.5F;  // of a stage that there is not
    CHECK(weights_after_step() == without);
    recipe.second_decay = 0.5F;
    CHECK(weights_after_step() != without);
}

/// Each of a token of its own.
std::vector<Sequence> sequences_from(int first, int count) {
    std::vector<Sequence> all;
    for (int token = first; token < first + count; ++token)
        all.push_back({std::vector<int>(8, token), std::vector<int>(8, token)});
    return all;
}

TEST_CASE("the second stage learns its own data, from its first batch on") {
    const Corpus::Options one_each{.batch_tokens = 8};
    Corpus first(sequences_from(1, 6), one_each), second(sequences_from(20, 6), one_each);
    StagedData staged(first, second, 4);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(staged.training(i).tokens == first.training(i).tokens);
    for (std::size_t i = 4; i < 8; ++i)
        CHECK(staged.training(i).tokens == second.training(i - 4).tokens);
}

TEST_CASE("log-probabilities are those of the weights that are given, and the trained ones stay") {
    const Recipe recipe = with_vocabulary(small_recipe());
    ternion::ThreadPool threads(2);
    DialogueRun run(recipe, threads);
    Recipe other = recipe;
    other.seed = 9;
    Network network(recipe);
    const std::vector<float> weights = initial_weights(network.layout(), other);
    network.update(weights, threads);
    const Batch batch = run.data.training(0);
    std::vector<Sequence> sequences;
    for (std::size_t i = 0; i < 6; ++i)
        sequences.push_back({batch.part(i, 1).tokens, batch.part(i, 1).targets});
    const double before = run.trainer.test(2).loss;
    const std::vector<double> found = run.trainer.log_probabilities(sequences, weights);
    for (std::size_t i = 0; i < 6; ++i) {
        Network::State state;
        CHECK(found[i] == -network.forward(batch.part(i, 1), state).sum);
    }
    CHECK(run.trainer.test(2).loss == before);
}

}  // namespace
