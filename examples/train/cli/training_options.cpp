#include "training_options.hpp"

#include <map>
#include <program/cli/number_option.hpp>

namespace train::cli {

void add_run_options(CLI::App& command, TrainingOptions& options) {
    program::add_file(command, "-o,--output", options.output, "the run's folder")->required()->type_name("FOLDER");
    command.add_option("--name", options.name, "the model's name")->type_name("TEXT")->capture_default_str();
    program::add_number(command, "-t,--threads", options.threads,
                        "threads (default: all that the machine has; more than 8 don't help)", 1, 256);
    program::add_number(command, "--test-every", options.test_every, "steps from one test on held-out data to the next",
                        std::size_t{1}, std::size_t{100000000});
    command.add_flag("--recompute", options.recompute,
                     "compute activations once more for the backward pass instead of keeping them: less memory, the "
                     "same results");
    command.add_flag("--masters", options.masters, "also write the master weights, masters.gguf, to train on from");
}

void add_held_out_options(CLI::App& command, TrainingOptions& options) {
    program::add_number(command, "--held-out-share", options.held_out_share, "share of the data that is held out", 0.0,
                        0.9);
    program::add_file(command, "--held-out", options.held_out, "a file that is held out instead")
        ->excludes("--held-out-share");
}

void add_family_options(CLI::App& command, TrainingOptions& options) {
    const std::map<std::string, Weights> kinds = {
        {"ternary", Weights::ternary}, {"binary", Weights::binary}, {"real", Weights::real}};
    command
        .add_option("--weights", options.weights,
                    "ternary, binary or real, to compare with (default: ternary; binary for family v1)")
        ->transform(CLI::CheckedTransformer(kinds).description(""))
        ->type_name("KIND");
    const auto choose = [&options](const std::string& name) {
        const auto found = std::ranges::find(bitnet::bit_linear_names, name);
        options.family = static_cast<bitnet::BitLinearKind>(found - bitnet::bit_linear_names.begin());
    };
    command.add_option_function<std::string>("--family", choose, "the paper's BitLinear: v1, b1.58, a4.8 or v2")
        ->check(
            CLI::IsMember(std::vector<std::string>(bitnet::bit_linear_names.begin(), bitnet::bit_linear_names.end()))
                .description(""))
        ->type_name("NAME")
        ->default_str("b1.58, or the model's");
}

void add_recipe_options(CLI::App& command, TrainingOptions& options) {
    Recipe& recipe = options.recipe;
    program::add_seed(command, recipe.seed, "of the first weights and the order of the data");
    const auto number = [&](const char* name, auto& value, auto least, auto most, const char* help) {
        return program::add_number(command, name, value, help, least, most);
    };
    auto* epochs = number("--epochs", options.epochs, 1, 1000000, "how often all of the data is learned");
    auto* steps = number("--steps", recipe.steps, 1, 100000000, "steps");
    steps->excludes(epochs);
    if (options.epochs != 0) {
        steps->default_str("");
        // What was asked for wins over the number of epochs that nobody asked for.
        const auto by_steps = [&options](const std::string&) { options.epochs = 0; };
        steps->each(by_steps);
    }
    number("--rows", recipe.rows, 1, 4096, "sequences of a batch, if all are of the length below");
    number("--length", recipe.length, 16, 65536, "tokens of a sequence; a batch has up to rows times length");
    number("--accumulate", recipe.accumulate, 1, 4096, "batches a step, whose gradients are added up");
    number("--rate", recipe.peak_rate, 1e-9, 1.0, "highest learning rate");
    number("--second-rate", recipe.second_rate, 0.0, 1.0, "highest learning rate of the second stage");
    number("--first-stage", recipe.first_stage, 0.0, 1.0,
           "share of the steps in the first stage; 1: there is no other");
    number("--warm-up", recipe.warm_up, 0.0, 1.0, "share of the steps until the rate is the highest");
    number("--weight-decay", recipe.weight_decay, 0.0, 1.0, "weight decay of the first stage");
    number("--second-decay", recipe.second_decay, 0.0, 1.0, "weight decay of the second stage");
    number("--beta1", recipe.beta1, 0.0, 0.9999, "AdamW's: how much of the mean gradient is kept");
    number("--beta2", recipe.beta2, 0.0, 0.999999, "AdamW's: how much of the mean square is kept");
    number("--clip", recipe.clip, 1e-6, 1e9, "largest norm of the gradients");
}

void add_size_options(CLI::App& command, bitnet::Config& sizes) {
    const auto size = [&](const char* name, std::size_t& value, const char* help) {
        program::add_number(command, name, value, help, 1, 1 << 16)->group("Sizes")->excludes("--model");
    };
    size("--layers", sizes.layers, "layers");
    size("--hidden", sizes.hidden, "width of the residual stream");
    size("--ffn", sizes.ffn, "width of the feed-forward part");
    size("--heads", sizes.heads, "query heads");
    size("--kv-heads", sizes.kv_heads, "key and value heads");
    size("--head-dim", sizes.head_dim, "width of a head");
}

}  // namespace train::cli
