#pragma once

#include <train/dialogues/batches.hpp>
#include <train/dialogues/vocabulary.hpp>
#include <train/run/trainer.hpp>

namespace train_tests {

/// A model that trains in no time.
inline train::Recipe small_recipe(train::Weights weights = train::Weights::ternary) {
    train::Recipe recipe;
    recipe.sizes.layers = 2;
    recipe.sizes.hidden = 64;
    recipe.sizes.ffn = 128;
    recipe.sizes.heads = 4;
    recipe.sizes.kv_heads = 2;
    recipe.sizes.head_dim = 16;
    recipe.weights = weights;
    recipe.steps = 8;
    recipe.rows = 16;
    recipe.length = 128;
    return recipe;
}

/// The dialogues' tokenizer, made once.
inline bitnet::Tokenizer& tokenizer() {
    static bitnet::Tokenizer made(train::dialogue_vocabulary());
    return made;
}

inline train::Recipe with_vocabulary(train::Recipe recipe) {
    recipe.sizes.vocab = tokenizer().size();
    return recipe;
}

/// A run on the dialogues that the program makes.
struct DialogueRun {
    DialogueRun(const train::Recipe& recipe, ternion::ThreadPool& threads,
                train::Activations activations = train::Activations::kept)
        : data(tokenizer(), recipe), trainer(recipe, data, threads, {}, activations) {}

    train::Conversations data;
    train::Trainer trainer;
};

/// Factors of the sequences: for the gradient of the sum of their losses.
inline std::vector<float> ones(const train::Batch& batch) {
    return std::vector<float>(batch.sequences(), 1.0F);
}

}  // namespace train_tests
