#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <string>

#include "train_fixture.hpp"

namespace {

using namespace train;
using namespace train_tests;

/// A network of real weights, with a batch: there every gradient is the loss's own.
struct Differentiable {
    Recipe recipe = with_vocabulary(small_recipe(Weights::real));
    bitnet::Threads threads{1};
    Network network{recipe};
    std::vector<float> weights = initial_weights(network.layout(), recipe);
    Batch batch = Conversations(tokenizer(), recipe).training(0);
    Network::State state;

    double loss(std::span<const float> of) {
        network.update(of, threads);
        return network.forward(batch, state).sum;
    }
};

TEST_CASE("each tensor's gradient agrees with differences of the loss") {
    Differentiable d;
    // A little away from where all norms are one.
    Random random(3, 3);
    for (float& weight : d.weights)
        weight *= static_cast<float>(0.8 + 0.4 * random.uniform());
    std::vector<float> gradients(d.weights.size());
    REQUIRE(d.loss(d.weights) > 0);
    d.network.backward(d.batch, d.state, 1, gradients);
    for (const Layout::Piece& piece : d.network.layout().pieces()) {
        if (piece.tensor.name == "token_embd.weight") continue;  // rounded to float16: see the next test
        INFO(piece.tensor.name);
        // Along the gradient itself the loss rises fastest: by its squared length.
        double squared = 0;
        for (std::size_t i = 0; i < piece.size(); ++i)
            squared += std::pow(static_cast<double>(gradients[piece.offset + i]), 2);
        REQUIRE(squared > 0);
        const double step = 0.02 / std::sqrt(squared);
        const auto moved = [&](double by) {
            std::vector<float> at = d.weights;
            for (std::size_t i = piece.offset; i < piece.offset + piece.size(); ++i)
                at[i] += static_cast<float>(by * static_cast<double>(gradients[i]));
            return d.loss(at);
        };
        const double slope = (moved(step) - moved(-step)) / (2 * step);
        CHECK(std::fabs(slope / squared - 1) < 0.02);
    }
}

TEST_CASE("the embedding's gradient agrees with differences of the loss, over steps that float16 shows") {
    Differentiable d;
    std::vector<float> gradients(d.weights.size());
    const double before = d.loss(d.weights);
    d.network.backward(d.batch, d.state, 1, gradients);
    const Layout::Piece& piece = d.network.layout().piece("token_embd.weight");
    double squared = 0;
    for (std::size_t i = 0; i < piece.size(); ++i)
        squared += std::pow(static_cast<double>(gradients[piece.offset + i]), 2);
    const double step = 0.05 / std::sqrt(squared);
    const auto moved = [&](double by) {
        std::vector<float> at = d.weights;
        for (std::size_t i = piece.offset; i < piece.offset + piece.size(); ++i)
            at[i] += static_cast<float>(by * static_cast<double>(gradients[i]));
        return d.loss(at);
    };
    CHECK(before > 0);
    CHECK(std::fabs((moved(step) - moved(-step)) / (2 * step) / squared - 1) < 0.05);
}

}  // namespace
