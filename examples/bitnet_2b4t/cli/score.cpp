#include <algorithm>
#include <bitnet/scoring.hpp>
#include <string>
#include <vector>

#include <program/cli/measurement.hpp>
#include <program/cli/output.hpp>
#include <program/io/file_error.hpp>
#include <program/io/json_file.hpp>
#include "commands.hpp"
#include "model_options.hpp"
#include "score_generated.hpp"
#include "score_item.hpp"
#include "score_prompt.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct ScoreOptions {
    ModelOptions model;
    PromptOptions prompt;
    GeneratedOptions generated;
    bool generate = false;
    std::vector<std::string> files;
    std::string labels, task;
    bool json = false;
};

/// Whose examples a question may have: those of its benchmark and subject.
std::string group_of(const Item& item) {
    return item.group.empty() ? std::string(item.task->title) : joined(item.task->title, ", ", item.group);
}

Question question_of(const Item& item, std::size_t index, const PromptMaker& maker, const Model& model) {
    std::vector<TokenizedChoice> choices;
    for (std::size_t i = 0; i < item.choices.size(); ++i) {
        const std::string prompt = maker.prompt(index, item.introduction(), item.context_of(i), group_of(item));
        auto [tokens, given] = maker.tokens(prompt, item.choices[i]);
        choices.push_back({std::move(tokens), given, count_characters(item.choices[i])});
    }
    return {model, std::move(choices), item.where};
}

/// The questions of one benchmark, as they come.
struct Tally {
    std::vector<double> plain, normalised, mass;

    void add(const Item& item, const ChoiceScores& scores) {
        if (item.task->metric == Metric::mass) return mass.push_back(scores.share_of(item.right));
        plain.push_back(scores.best() == item.answer ? 1 : 0);
        normalised.push_back(scores.best_normalised() == item.answer ? 1 : 0);
    }
};

void write_item(const Item& item, const ChoiceScores& scores) {
    Json json{{"id", item.id},
              {"task", item.task->title},
              {"answer", item.answer},
              {"choice", scores.best()},
              {"choice_normalised", scores.best_normalised()},
              {"log_probabilities", scores.sums},
              {"normalised", scores.normalised}};
    if (item.task->metric == Metric::mass) json["mass"] = scores.share_of(item.right);
    write_json(json);
}

void write_whole(const ScoreTask& task, const Tally& tally, std::size_t shots) {
    Json json{{"task", task.title}, {"few_shot", shots}, {"items", std::max(tally.plain.size(), tally.mass.size())}};
    const auto add = [&](const char* name, const char* error, const std::vector<double>& of) {
        if (of.empty()) return;
        const Mean mean = mean_of(of);
        json[name] = mean.value;
        json[error] = mean.error;
    };
    add("accuracy", "standard_error", tally.plain);
    add("accuracy_normalised", "standard_error_normalised", tally.normalised);
    add("mass", "standard_error_mass", tally.mass);
    write_json(json);
}

/// A row for each figure, the benchmark's own marked.
void write_rows(const ScoreTask& task, const Tally& tally, std::size_t shots) {
    const auto row = [&](Metric which, const char* name, const std::vector<double>& of) {
        if (of.empty()) return;
        const Mean mean = mean_of(of);
        write_output(formatted("%-16s %-28s %5zu %6zu   %.4f ± %.4f%s\n", std::string(task.title).c_str(), name, shots,
                               of.size(), mean.value, mean.error, which == task.metric ? " *" : ""));
    };
    row(Metric::accuracy, "accuracy", tally.plain);
    row(Metric::normalised, "accuracy, length-normalised", tally.normalised);
    row(Metric::mass, "share of right choices", tally.mass);
}

std::vector<Example> examples_of(const std::vector<Item>& items) {
    std::vector<Example> examples;
    for (const Item& item : items)
        examples.push_back({item.example(), group_of(item)});
    return examples;
}

/// A file's questions, and those that examples are taken from.
struct Questions {
    std::vector<Item> items;
    std::vector<Example> examples;
};

std::vector<Questions> read_all(const ScoreOptions& options) {
    std::vector<Questions> all;
    for (const std::string& file : options.files) {
        Questions& questions = all.emplace_back(Questions{read_items(file, options.task, options.labels), {}});
        const std::string& shots = options.prompt.few_shot_file;
        questions.examples = examples_of(shots.empty() ? questions.items : read_items(shots, options.task, ""));
    }
    return all;
}

using Tallies = std::vector<std::pair<const ScoreTask*, Tally>>;

void score_questions(const ScoreOptions& options, const Questions& questions, const Model& model, Tallies& tallies) {
    const PromptMaker maker(options.prompt, model, questions.examples);
    const std::vector<Item>& items = questions.items;
    std::vector<Question> asked;  // all are checked before any is scored: that may take hours
    for (std::size_t i = 0; i < items.size(); ++i)
        asked.push_back(question_of(items[i], i, maker, model));
    Progress progress("scoring");
    Session session(model);
    for (std::size_t i = 0; i < items.size(); ++i) {
        progress.update(i, items.size());
        const ChoiceScores scores = score_choices(session, asked[i]);
        auto found = std::ranges::find(tallies, items[i].task, &Tallies::value_type::first);
        if (found == tallies.end()) found = tallies.insert(found, {items[i].task, Tally{}});
        found->second.add(items[i], scores);
        if (options.json) write_item(items[i], scores);
    }
}

void score(const ScoreOptions& options) {
    if (options.generate) {
        return score_generated(options.files, options.model, options.prompt, options.generated, options.json);
    }
    const std::vector<Questions> all = read_all(options);
    const Model model = load(options.model, Parts::weights_and_tokenizer);
    Tallies tallies;
    for (const Questions& questions : all)
        score_questions(options, questions, model, tallies);
    if (!options.json) write_output("benchmark        figure                       shots  items   value\n");
    for (const auto& [task, tally] : tallies)
        (options.json ? write_whole : write_rows)(*task, tally, options.prompt.few_shot);
}

}  // namespace

void add_score(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "score", "Measure a model by benchmarks: multiple choice, or generated answers",
                    "bitnet-2b4t score -m ggml-model-i2_s.gguf -f ARC-Easy-Test.jsonl", score);
    add_model_options(command, options.model);
    add_file(command, "-f,--file", options.files,
             "questions: ARC, OpenbookQA, BoolQ, HellaSwag, PIQA, WinoGrande, CommonsenseQA, TruthfulQA, MMLU, or "
             "context, choices and answer; with --generate GSM8K, TriviaQA, or prompt and answers")
        ->required()
        ->expected(1, 1000);
    std::vector<std::string> names;
    for (const ScoreTask& task : score_tasks)
        names.emplace_back(task.name);
    auto* generate = command.add_flag("--generate", options.generate, "generate answers and compare them: exact match");
    command
        .add_option("--task", options.task,
                    "the benchmark, where its file could be another's: OpenbookQA's is like ARC's")
        ->check(CLI::IsMember(names).description(""))
        ->type_name("NAME")
        ->excludes(generate);
    add_file(command, "--labels", options.labels, "a file with the answers' numbers, as PIQA has one")
        ->excludes(generate);
    add_prompt_options(command, options.prompt);
    add_generated_options(command, options.generated, generate);
    command.add_flag("--json", options.json, "print a JSON object for each item, and one for the whole");
}

}  // namespace bitnet::cli
