#include <program/cli/number_option.hpp>

#include "commands.hpp"
#include "training_run.hpp"

namespace train::cli {
namespace {

void train_in_folder(const TrainingOptions& options) {
    TrainingRun run(options);
    run.train();
    run.report();
}

/// Dialogues that the program makes have no end, and what is held out is decided for them.
void refuse_without_data(const CLI::App& command, const TrainingOptions& options) {
    if (options.own_data()) return;
    for (const char* option : {"--epochs", "--held-out", "--held-out-share"})
        if (command.count(option) > 0) throw CLI::RequiresError(option, "--text or --dialogues");
}

}  // namespace

void add_run(CLI::App& app) {
    const auto [command, options] = program::add_command(
        app, "run",
        "Train a model, by default from nothing and on dialogues that the program makes. Its folder holds a "
        "checkpoint, from which the same command goes on, the log, the loss curve and at the end the model",
        "bitnet-train run -o my-model", train_in_folder);
    add_run_options(command, options);
    program::add_file(command, "-m,--model", options.model, "a model to go on from, ternary or its master weights");
    program::add_file(command, "--text", options.texts,
                      "texts to learn from: a document each, or .jsonl with a \"text\" in each line")
        ->expected(1, 1000);
    program::add_file(command, "--dialogues", options.dialogues, "JSON lines with \"messages\" to learn from")
        ->excludes("--text");
    program::add_file(command, "--second-text", options.second, "texts of the second stage")
        ->expected(1, 1000)
        ->needs("--text");
    program::add_file(command, "--second-dialogues", options.second, "dialogues of the second stage")
        ->expected(1)
        ->needs("--dialogues");
    add_held_out_options(command, options);
    command.add_option("--chat-template", options.chat_template, "chat template by name (default: the model's)")
        ->needs("--dialogues");
    program::add_file(command, "--tokenizer", options.tokenizer, "a model whose tokenizer is used (default: bytes)")
        ->excludes("--model");
    command.add_flag("--sum-loss", options.recipe.sum_loss,
                     "sum the loss over a step's tokens instead of averaging it");
    command.add_flag("--all-tokens", options.recipe.all_tokens, "learn the questions too, not the answers alone");
    add_family_options(command, options);
    add_recipe_options(command, options);
    add_size_options(command, options.recipe.sizes);
    // Which batches were all of the data would depend on both the stages' shares and the data's.
    command.get_option("--epochs")->excludes("--second-text")->excludes("--second-dialogues");
    command.parse_complete_callback([&run = command, &given = options] { refuse_without_data(run, given); });
}

void add_sft(CLI::App& app) {
    const auto [command, options] =
        program::add_command(app, "sft", "Fine-tune a model on dialogues of your own (supervised fine-tuning)",
                             "bitnet-train sft -m model.gguf --dialogues data.jsonl -o tuned", train_in_folder);
    Recipe& recipe = options.recipe;
    recipe.peak_rate = 1e-3F;
    recipe.first_stage = 1;
    recipe.weight_decay = 0;
    recipe.sum_loss = true;
    options.epochs = 3;
    options.name = "fine-tuned model";
    add_run_options(command, options);
    program::add_file(command, "-m,--model", options.model, "the model to go on from, ternary or its master weights")
        ->required();
    program::add_file(command, "--dialogues", options.dialogues,
                      "JSON lines with \"messages\", each of a \"role\" and \"content\"")
        ->required();
    add_held_out_options(command, options);
    command.add_option("--chat-template", options.chat_template, "chat template by name (default: the model's)");
    command.add_flag_callback(
        "--mean-loss", [&recipe] { recipe.sum_loss = false; },
        "average the loss over a step's tokens instead of summing it");
    command.add_flag("--all-tokens", recipe.all_tokens, "learn the questions too, not the answers alone");
    add_family_options(command, options);
    add_recipe_options(command, options);
}

void add_dpo(CLI::App& app) {
    const auto [command, options] = program::add_command(
        app, "dpo", "Teach a model which of two answers is preferred (direct preference optimisation)",
        "bitnet-train dpo -m tuned/model.gguf --pairs pairs.jsonl -o preferring", train_in_folder);
    Recipe& recipe = options.recipe;
    recipe.peak_rate = 2e-7F;
    recipe.first_stage = 1;
    recipe.weight_decay = 0;
    options.epochs = 2;
    options.name = "preference-tuned model";
    add_run_options(command, options);
    program::add_file(command, "-m,--model", options.model, "the model to go on from, ternary or its master weights")
        ->required();
    program::add_file(command, "--pairs", options.pairs, "JSON lines with \"prompt\", \"chosen\" and \"rejected\"")
        ->required();
    program::add_file(command, "--reference", options.reference,
                      "the reference model (default: the model as it was before)");
    program::add_number(command, "--beta", recipe.preference_beta, "how closely the reference is kept to", 1e-6, 1e6);
    add_held_out_options(command, options);
    command.add_option("--chat-template", options.chat_template, "chat template by name (default: the model's)");
    add_family_options(command, options);
    add_recipe_options(command, options);
}

}  // namespace train::cli
