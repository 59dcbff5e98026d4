#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "../files/json_file.hpp"
#include "command.hpp"
#include "generate.hpp"
#include "input.hpp"
#include "interrupt.hpp"
#include "log_probabilities.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "score_items.hpp"

namespace bitnet::cli {

namespace {

struct ScoreOptions {
    ModelOptions model;
    std::string items;
    bool json = false;
};

struct Scores {
    std::vector<double> sums, normalised;  // of each choice

    static std::size_t best(const std::vector<double>& of) {
        return static_cast<std::size_t>(std::ranges::max_element(of) - of.begin());
    }
};

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

/// The log-probability of each choice after the context: a sum over its tokens, and that divided by its characters.
class Scorer {
 public:
    Scorer(const Model& model, const Tokenizer& tokenizer, std::size_t batch)
        : model_(model), tokenizer_(tokenizer), session_(model, batch) {}

    Scores operator()(const Item& item, const std::function<void()>& between) {
        const std::size_t given = encode(item.context).size();
        if (given == 0) throw FileError(item.where, "a context", "none, and the model has no BOS token");
        Scores scores;
        for (const std::string& choice : item.choices) {
            const std::vector<int> tokens = encode(item.context + (item.context.empty() ? "" : " ") + choice);
            if (tokens.size() > model_.context() + 1) {
                throw FileError(item.where, "at most " + std::to_string(model_.context()) + " tokens",
                                std::to_string(tokens.size()));
            }
            double sum = 0;
            const std::size_t first = std::min(given, tokens.size() - 1);
            for (const double one : log_probabilities(session_, tokens, first, between))
                sum += one;
            scores.sums.push_back(sum);
            scores.normalised.push_back(sum / static_cast<double>(characters(choice)));
        }
        return scores;
    }

 private:
    std::vector<int> encode(const std::string& text) const {
        std::vector<int> ids = tokenizer_.encode(text);
        if (tokenizer_.bos() >= 0) ids.insert(ids.begin(), tokenizer_.bos());
        return ids;
    }

    const Model& model_;
    const Tokenizer& tokenizer_;
    Session session_;
};

std::string as_json(const Item& item, const Scores& scores) {
    const Json object = {{"id", item.id},
                         {"answer", item.answer},
                         {"choice", Scores::best(scores.sums)},
                         {"choice_normalised", Scores::best(scores.normalised)},
                         {"log_probabilities", scores.sums},
                         {"normalised", scores.normalised}};
    return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void score(const ScoreOptions& options) {
    const std::vector<Item> items = read_items(read_input(options.items), options.items);
    auto source = open(options.model);
    const Tokenizer tokenizer = tokenizer_of(*source);
    const Model model(options.model, std::move(source));
    const Interrupt interrupt;
    Progress progress("scoring");
    Scorer scorer(model, tokenizer, options.model.batch);
    std::vector<double> right, right_normalised;
    for (const Item& item : items) {
        progress.update(right.size(), items.size());
        const Scores scores = scorer(item, [&] { interrupt.check(); });
        right.push_back(Scores::best(scores.sums) == item.answer ? 1 : 0);
        right_normalised.push_back(Scores::best(scores.normalised) == item.answer ? 1 : 0);
        if (options.json) standard_output().write(as_json(item, scores));
    }
    const Mean plain = mean_of(right), normalised = mean_of(right_normalised);
    if (options.json) {
        const Json object = {{"items", items.size()},
                             {"accuracy", plain.value},
                             {"standard_error", plain.error},
                             {"accuracy_normalised", normalised.value},
                             {"standard_error_normalised", normalised.error}};
        return standard_output().write(object.dump() + "\n");
    }
    char lines[200];
    std::snprintf(lines, sizeof lines,
                  "items                         %zu\naccuracy                      %.4f ± %.4f\n"
                  "accuracy, length-normalised   %.4f ± %.4f\n",
                  items.size(), plain.value, plain.error, normalised.value, normalised.error);
    standard_output().write(lines);
}

}  // namespace

void add_score(CLI::App& app, Action& action) {
    auto options = std::make_shared<ScoreOptions>();
    CLI::App* command = app.add_subcommand("score", "Answer multiple-choice questions by the choices' probabilities");
    add_model_options(*command, options->model);
    add_context_option(*command, options->model);
    command->add_option("-f,--file", options->items, "JSON lines, as ARC's, HellaSwag's, or {context, choices, answer}")
        ->required()
        ->type_name("FILE");
    command->add_flag("--json", options->json, "print a JSON object for each item, and one for the whole");
    command->footer("Example: bitnet-2b4t score -m ggml-model-i2_s.gguf -f ARC-Easy-Test.jsonl");
    command->callback([options, &action] { action = [options] { score(*options); }; });
}

}  // namespace bitnet::cli
