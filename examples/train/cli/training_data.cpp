#include "training_data.hpp"

#include <program/cli/output.hpp>
#include <program/io/file_error.hpp>

#include "../data/dialogue_file.hpp"
#include "../data/text_file.hpp"
#include "../dialogues/batches.hpp"

namespace train::cli {
namespace {

/// Each stage has to have steps, or its data would never be learned.
void check_stages(const Recipe& recipe) {
    if (recipe.second_stage() > 0 && recipe.second_stage() < recipe.steps) return;
    throw std::runtime_error(program::joined("--first-stage: expected steps for the data of both stages, found ",
                                             recipe.second_stage(), " of ", recipe.steps, " in the first"));
}

}  // namespace

TrainingData::TrainingData(const TrainingOptions& options, Recipe recipe, const bitnet::Tokenizer& tokenizer)
    : options_(options), recipe_(std::move(recipe)), tokenizer_(tokenizer) {
    if (!options.own_data()) {
        if (recipe_.rows % 4 != 0)
            throw std::runtime_error(program::joined("expected a multiple of 4 rows, found ", recipe_.rows));
        made_ = std::make_unique<Conversations>(tokenizer, recipe_);
        return;
    }
    const bool own_file = !options.held_out.empty();
    first_ = corpus(read(options.files()), own_file ? 0 : options.held_out_share);
    if (own_file) first_->hold_out(read({options.held_out}));
    if (options.epochs != 0) {
        const std::size_t batches = first_->batches(options.epochs);
        recipe_.steps = (batches + recipe_.accumulate - 1) / recipe_.accumulate;
    }
    recipe_.data = first_->fingerprint().text();
    if (options.second.empty()) return;
    check_stages(recipe_);
    second_ = corpus(read(options.second), 0);
    recipe_.data += "+" + second_->fingerprint().text();
    staged_ = std::make_unique<StagedData>(*first_, *second_, recipe_.second_stage() * recipe_.accumulate);
}

/// Of the kind that the data has.
std::vector<Sequence> TrainingData::read(const std::vector<std::string>& files) const {
    if (!options_.texts.empty()) return read_texts(files, tokenizer_, std::min(recipe_.length, recipe_.sizes.context));
    const DialogueForm form{tokenizer_, bitnet::ChatTemplate(tokenizer_, options_.chat_template), recipe_.sizes.context,
                            recipe_.all_tokens};
    return (options_.pairs.empty() ? read_dialogues : read_pairs)(files.front(), form);
}

std::unique_ptr<Corpus> TrainingData::corpus(std::vector<Sequence> sequences, double held_out) const {
    return std::make_unique<Corpus>(std::move(sequences), Corpus::Options{.seed = recipe_.seed,
                                                                          .batch_tokens = recipe_.rows * recipe_.length,
                                                                          .held_out = held_out,
                                                                          .together = options_.pairs.empty() ? 1U : 2U,
                                                                          .answers = options_.texts.empty()});
}

}  // namespace train::cli
