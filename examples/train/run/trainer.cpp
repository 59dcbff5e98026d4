#include "trainer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>

namespace train {

Trainer::Trainer(const Recipe& recipe, const bitnet::Tokenizer& tokenizer, ternion::ThreadPool& threads)
    : recipe_(recipe),
      threads_(threads),
      conversations_(tokenizer, recipe),
      network_(recipe),
      schedule_(recipe),
      weights_(initial_weights(network_.layout(), recipe)),
      optimizer_(network_.layout()) {
    if (recipe.rows == 0 || recipe.rows % (4 * parts) != 0) {
        throw std::invalid_argument("expected a multiple of " + std::to_string(4 * parts) + " rows, found " +
                                    std::to_string(recipe.rows));
    }
    if (recipe.sizes.context < std::max(4 * recipe.length, longest_question)) {
        throw std::invalid_argument("expected a context of four conversations' length and of " +
                                    std::to_string(longest_question) + " tokens at least, found " +
                                    std::to_string(recipe.sizes.context));
    }
    for (std::vector<float>& gradients : gradients_)
        gradients.resize(network_.layout().size());
    network_.update(weights_, threads_);
}

void Trainer::restored(std::size_t steps_done) {
    steps_done_ = steps_done;
    network_.update(weights_, threads_);
}

/// The sum of losses; the gradients of all parts end in the first.
double Trainer::gather_gradients(const Batch& batch, float factor) {
    std::array<double, parts> losses{};
    threads_.parallel_for(parts, [&](std::size_t i, std::size_t) {
        const std::size_t rows = batch.conversations() / parts;
        const Batch part = batch.part(i * rows, rows);
        std::ranges::fill(gradients_[i], 0.0F);
        losses[i] = network_.forward(part, states_[i]).sum;
        network_.backward(part, states_[i], factor, gradients_[i]);
    });
    ternion::in_chunks(threads_, gradients_[0].size(), 1u << 14, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = 1; i < parts; ++i) {
            for (std::size_t j = begin; j < end; ++j)
                gradients_[0][j] += gradients_[i][j];
        }
    });
    return std::accumulate(losses.begin(), losses.end(), 0.0);
}

StepReport Trainer::step() {
    const Batch batch = conversations_.training(steps_done_);
    const auto asked = static_cast<double>(batch.asked());
    const double sum = gather_gradients(batch, recipe_.sum_loss ? 1.0F : static_cast<float>(1 / asked));
    const double norm = norm_of(gradients_[0], threads_);
    if (!std::isfinite(sum) || !std::isfinite(norm)) {
        throw Diverged("the loss is " + std::to_string(sum / asked) + " and the gradients' norm " +
                       std::to_string(norm) + " in step " + std::to_string(steps_done_ + 1) +
                       ": try a smaller learning rate");
    }
    const float rate = schedule_.rate(steps_done_);
    const auto factor = static_cast<float>(std::min(1.0, static_cast<double>(recipe_.clip) / std::max(norm, 1e-12)));
    optimizer_(weights_, gradients_[0], factor, steps_done_, rate, schedule_.weight_decay(steps_done_), threads_);
    network_.update(weights_, threads_);
    ++steps_done_;
    return {steps_done_, sum / asked, norm, static_cast<double>(rate)};
}

Accuracy Trainer::test(int questions_of_each) {
    Accuracy accuracy;
    std::array<Loss, skills.size()> losses{};
    threads_.parallel_for(skills.size(), [&](std::size_t s, std::size_t) {
        Random random(recipe_.seed, ~std::uint64_t{s});
        for (int left = questions_of_each; left > 0; left -= questions_at_once) {
            std::vector<Exchange> exchanges;
            for (int i = 0; i < std::min(left, questions_at_once); ++i)
                exchanges.push_back(ask(skills[s], true, random));
            test(exchanges, accuracy.skill[s], losses[s]);
        }
    });
    Loss all;
    for (const Loss& loss : losses) {
        all.sum += loss.sum;
        all.asked += loss.asked;
    }
    accuracy.loss = all.sum / static_cast<double>(all.asked);
    return accuracy;
}

void Trainer::test(std::span<const Exchange> exchanges, Accuracy::Count& count, Loss& loss) const {
    Network::State state;
    const Batch batch = conversations_.questions(exchanges, longest_question);
    const Loss found = network_.forward(batch, state);
    loss.sum += found.sum;
    loss.asked += found.asked;
    const std::vector<bool> right = network_.right(batch, state);
    std::size_t at = 0;
    for (std::size_t row = 0; row < batch.conversations(); ++row) {
        const std::size_t tokens = batch.part(row, 1).asked();
        const auto begin = right.begin() + static_cast<std::ptrdiff_t>(at);
        count.right += std::ranges::all_of(begin, begin + static_cast<std::ptrdiff_t>(tokens), std::identity()) ? 1 : 0;
        ++count.asked;
        at += tokens;
    }
}

}  // namespace train
