// The straight-through gradients of each paper's layers. Rounding makes a loss piecewise constant, and the estimator
// takes what it adds for a constant. With that constant frozen, the loss is smooth, and its derivative is what the
// backward pass gives: compared with central differences.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cmath>
#include <train/run/objective.hpp>

#include "train_fixture.hpp"

namespace {

using namespace train;
using namespace train_tests;

struct Paper {
    bitnet::BitLinearKind family;
    Weights weights;
};

constexpr Paper papers[] = {{bitnet::BitLinearKind::v1, Weights::binary},
                            {bitnet::BitLinearKind::b158, Weights::ternary},
                            {bitnet::BitLinearKind::a48, Weights::ternary},
                            {bitnet::BitLinearKind::v2, Weights::ternary}};

Recipe recipe_of(const Paper& paper) {
    Recipe recipe = with_vocabulary(small_recipe(paper.weights));
    recipe.sizes.bit_linear = paper.family;
    return recipe;
}

std::vector<float> some_weights(const Network& network, const Recipe& recipe) {
    std::vector<float> weights = initial_weights(network.layout(), recipe);
    Random random(3, 3);
    for (float& weight : weights)
        weight *= static_cast<float>(0.8 + 0.4 * random.uniform());
    return weights;
}

/// The loss's difference over a step along the gradients of some weights, over its length: their squared length where
/// the gradients are right.
template <class LossAt>
double slope(const std::vector<float>& weights, const std::vector<float>& gradients, std::size_t begin, std::size_t end,
             double step, const LossAt& loss_at) {
    const auto moved = [&](double by) {
        std::vector<float> at = weights;
        for (std::size_t i = begin; i < end; ++i)
            at[i] += static_cast<float>(by * static_cast<double>(gradients[i]));
        return loss_at(at);
    };
    return (moved(step) - moved(-step)) / (2 * step);
}

template <class LossAt>
void check_gradients(const Network& network, const std::vector<float>& weights, const std::vector<float>& gradients,
                     double length, const LossAt& loss_at) {
    for (const Layout::Piece& piece : network.layout().pieces()) {
        if (piece.tensor.name == "token_embd.weight") continue;  // rounded to float16, which is not frozen
        INFO(piece.tensor.name);
        double squared = 0;
        for (std::size_t i = piece.offset; i < piece.offset + piece.size(); ++i)
            squared += static_cast<double>(gradients[i]) * static_cast<double>(gradients[i]);
        REQUIRE(squared > 0);
        const double found =
            slope(weights, gradients, piece.offset, piece.offset + piece.size(), length / std::sqrt(squared), loss_at);
        CHECK(std::fabs(found / squared - 1) < 0.02);
    }
}

TEST_CASE("each paper's gradients of a fine-tuning loss agree with differences, its rounding frozen") {
    const Paper paper = GENERATE(from_range(papers));
    CAPTURE(static_cast<int>(paper.family));
    const Recipe recipe = recipe_of(paper);
    ternion::ThreadPool threads(1);
    Network network(recipe);
    const std::vector<float> weights = some_weights(network, recipe);
    const Batch batch = Conversations(tokenizer(), recipe).training(0).part(0, 6);
    REQUIRE(batch.asked() < batch.tokens.size());  // the answers' tokens alone
    network.update(weights, threads);
    Network::State state;
    const double rounded = network.forward(batch, state).sum;
    network.freeze(weights, state);
    const auto loss_at = [&](const std::vector<float>& at) {
        network.update(at, threads);
        return network.forward(batch, state).sum;
    };
    // Nothing has changed by freezing alone, but for sums in floats.
    CHECK(std::fabs(loss_at(weights) / rounded - 1) < 1e-4);
    std::vector<float> gradients(weights.size());
    network.backward(batch, state, ones(batch), gradients);
    check_gradients(network, weights, gradients, 0.01, loss_at);
}

TEST_CASE("frozen or not, the backward pass gives the same gradients") {
    const Paper paper = GENERATE(from_range(papers));
    CAPTURE(static_cast<int>(paper.family));
    const Recipe recipe = recipe_of(paper);
    ternion::ThreadPool threads(1);
    Network network(recipe);
    const std::vector<float> weights = some_weights(network, recipe);
    const Batch batch = Conversations(tokenizer(), recipe).training(0).part(0, 6);
    network.update(weights, threads);
    Network::State state;
    std::vector<float> live(weights.size()), frozen(weights.size());
    network.forward(batch, state);
    network.backward(batch, state, ones(batch), live);
    network.forward(batch, state);
    network.freeze(weights, state);
    network.forward(batch, state);
    network.backward(batch, state, ones(batch), frozen);
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
        difference += std::pow(static_cast<double>(live[i] - frozen[i]), 2);
        size += std::pow(static_cast<double>(live[i]), 2);
    }
    CHECK(std::sqrt(difference / size) < 1e-3);
}

TEST_CASE("activations that are computed once more give each paper's gradients to the bit") {
    const Paper paper = GENERATE(from_range(papers));
    CAPTURE(static_cast<int>(paper.family));
    Recipe recipe = recipe_of(paper);
    recipe.sizes.layers = 3;
    ternion::ThreadPool threads(1);
    Network network(recipe);
    network.update(some_weights(network, recipe), threads);
    Network::State kept, recomputed(Activations::recomputed);
    std::vector<float> expected(network.layout().size()), found(expected.size());
    // Batches of other shapes one after the other, in the same memory: the last one is of long dialogues.
    for (const std::size_t index : {0U, 1U, 3U}) {
        const Batch batch = Conversations(tokenizer(), recipe).training(index).part(0, 4 - index);
        CHECK(network.forward(batch, recomputed).of_sequence == network.forward(batch, kept).of_sequence);
        network.backward(batch, kept, ones(batch), expected);
        network.backward(batch, recomputed, ones(batch), found);
        CHECK(found == expected);
    }
}

/// Pairs of answers to one question each: the right one, and that of another question.
Batch pairs(const Recipe& recipe) {
    Random random(8, 8);
    Conversations data(tokenizer(), recipe);
    Batch batch;
    for (int i = 0; i < 3; ++i) {
        const Exchange right = ask(skills[0], false, random);
        Exchange wrong = right;
        wrong.answer = ask(skills[1], false, random).answer;
        const std::vector<Exchange> both = {right, wrong};
        const Batch two = data.questions(both);
        for (std::size_t j = 0; j < 2; ++j) {
            const Batch one = two.part(j, 1);
            batch.add(one.tokens, one.targets);
            batch.reference.push_back(-20.0 - 3.0 * i - static_cast<double>(j));
        }
    }
    return batch;
}

TEST_CASE("the gradients of preference optimisation agree with differences") {
    const Recipe recipe = with_vocabulary(small_recipe(Weights::real));
    ternion::ThreadPool threads(1);
    Network network(recipe);
    const std::vector<float> weights = some_weights(network, recipe);
    const Batch batch = pairs(recipe);
    Network::State state;
    const auto objective_at = [&](const std::vector<float>& at) {
        network.update(at, threads);
        return objective_of(batch, network.forward(batch, state), 1, 0.1);
    };
    const Objective objective = objective_at(weights);
    CHECK(objective.sum > 0);
    std::vector<float> gradients(weights.size());
    network.backward(batch, state, objective.factors, gradients);
    check_gradients(network, weights, gradients, 0.01,
                    [&](const std::vector<float>& at) { return objective_at(at).sum; });
}

TEST_CASE("the objective of preference optimisation is the paper's formula") {
    Batch batch{{2, 2, 2, 2}, {}, {}, {-3, -4, -1, -1}};
    const Loss loss{0, 4, {2, 6, 5, 1}};
    const auto of_pair = [](double margin) { return -std::log(1 / (1 + std::exp(-margin))); };
    // log p is minus the loss: (-2 + 3) - (-6 + 4) = 3, and (-5 + 1) - (-1 + 1) = -4.
    const Objective objective = objective_of(batch, loss, 0.5, 0.1);
    CHECK(std::fabs(objective.sum - of_pair(0.3) - of_pair(-0.4)) < 1e-12);
    CHECK(objective.right == 1);
    const double slope = 0.1 / (1 + std::exp(0.3));
    CHECK(std::fabs(static_cast<double>(objective.factors[0]) - 0.5 * slope) < 1e-8);
    CHECK(objective.factors[1] == -objective.factors[0]);
    CHECK(batch.units() == 2);
}

}  // namespace
