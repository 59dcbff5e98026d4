#include "score_generated.hpp"

#include <algorithm>
#include <bitnet/session.hpp>
#include <cctype>
#include <optional>
#include <program/cli/input.hpp>
#include <program/cli/interrupt.hpp>
#include <program/cli/measurement.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include <program/io/file_error.hpp>
#include <program/io/utf8.hpp>
#include <stdexcept>

#include "answer_pattern.hpp"
#include "model_options.hpp"
#include "score_objects.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

/// A question, and the answers that count.
struct OpenQuestion {
    std::string_view task = {};
    std::string id = {}, where = {}, prompt = {};
    std::vector<std::string> answers = {};
    std::string example_answer = {};
};

/// How a benchmark ends and reads answers.
struct AnswerRules {
    std::string_view task;
    std::vector<std::string> until;
    std::string pattern;
    bool numbers;  // commas, dollar signs and a last full stop don't count; else no punctuation does
};
const AnswerRules all_rules[] = {{"GSM8K", {"Question:"}, "#### (-?[0-9.,]+)", true},
                                 {"TriviaQA", {"\n", ".", ","}, "", false},
                                 {"answers", {"\n"}, "", false}};

const AnswerRules& rules_of(std::string_view task) {
    return *std::ranges::find(all_rules, task, &AnswerRules::task);
}

std::vector<std::string> texts_of(const Json& list, const std::string& where) {
    if (!list.is_array() || list.empty()) throw FileError(where, "a list of answers", list.type_name());
    std::vector<std::string> texts;
    for (const Json& text : list) {
        if (!text.is_string()) throw FileError(where, "texts as answers", text.type_name());
        texts.push_back(text.get<std::string>());
    }
    return texts;
}

OpenQuestion gsm8k(const Json& json, const std::string& where) {
    const std::string answer = json_text(json, "answer", where);
    const std::size_t mark = answer.rfind("####");
    if (mark == answer.npos) throw FileError(where, "the result behind #### in \"answer\"", "none");
    return {.task = "GSM8K",
            .prompt = "Question: " + json_text(json, "question", where) + "\nAnswer:",
            .answers = {trimmed(answer.substr(mark + 4))},
            .example_answer = answer};
}

OpenQuestion triviaqa(const Json& json, const std::string& where) {
    const bool published = json.contains("Question");
    const Json& answer = json_member(json, published ? "Answer" : "answer", where);
    std::vector<std::string> aliases = texts_of(json_member(answer, published ? "Aliases" : "aliases", where), where);
    const std::string first = aliases.front();
    return {.task = "TriviaQA",
            .prompt = "Question: " + json_text(json, published ? "Question" : "question", where) + "?\nAnswer:",
            .answers = std::move(aliases),
            .example_answer = first};
}

OpenQuestion plain(const Json& json, const std::string& where) {
    std::vector<std::string> answers = texts_of(json_member(json, "answers", where), where);
    const std::string first = answers.front();
    return {.task = "answers",
            .prompt = json_text(json, "prompt", where),
            .answers = std::move(answers),
            .example_answer = first};
}

void refuse_choices(const Json& json, const std::string& where) {
    bool any = json.value("question", Json()).is_object();
    for (const char* key : {"choices", "endings", "sol1", "option1", "passage", "question_stem", "mc1_targets"})
        any = any || json.contains(key);
    if (any) throw FileError(where, "a question without choices", "one with, which is scored without --generate");
}

std::vector<OpenQuestion> read_questions(const std::string& file) {
    std::vector<OpenQuestion> questions;
    for (const auto& [json, where, number] : read_objects(read_input(file), file)) {
        refuse_choices(json, where);
        const Json answer = json.value("answer", Json());
        const bool trivia = json.contains("Question") || answer.is_object();
        OpenQuestion question = json.contains("prompt") ? plain(json, where)
                                : trivia                ? triviaqa(json, where)
                                                        : gsm8k(json, where);
        question.where = where;
        question.id = id_of(json, number);
        questions.push_back(std::move(question));
    }
    if (questions.empty()) throw FileError(file, "questions in JSON lines", "none");
    return questions;
}

std::string comparable(const std::string& text, bool numbers) {
    std::string kept;
    for (const char c : trimmed(text)) {
        const auto byte = static_cast<unsigned char>(c);
        if (numbers ? c == ',' || c == '$' : std::ispunct(byte) != 0) continue;
        kept += static_cast<char>(std::tolower(byte));
    }
    if (numbers && kept.ends_with('.')) kept.pop_back();
    return trimmed(kept);
}

/// Up to what ends it.
std::string answered(Session& session, const std::vector<int>& prompt, const std::vector<std::string>& until,
                     int limit) {
    std::string text;
    std::size_t end = text.npos;
    session.rewind(0);
    GenerationOptions options{.limit = limit, .sampling = {.temperature = 0}, .cancelled = check_interrupt};
    session.generate(prompt, options, [&](std::string_view piece) {
        text += piece;
        for (const std::string& stop : until)
            end = std::min(end, text.find(stop));
        return end == text.npos;
    });
    return text.substr(0, end);
}

std::string check_pattern(const std::string& pattern) {
    try {
        const AnswerPattern tried(pattern);
        return {};
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

}  // namespace

void add_generated_options(CLI::App& command, GeneratedOptions& options, CLI::Option* generate) {
    command
        .add_option("--pattern", options.pattern,
                    "regular expression whose first group is the answer in a generated text (default: the benchmark's)")
        ->check(CLI::Validator(check_pattern, "", ""))
        ->type_name("REGEX")
        ->needs(generate);
    command.add_option("--until", options.until, "a text that ends a generated answer (default: the benchmark's)")
        ->expected(1)
        ->take_all()
        ->type_name("TEXT")
        ->needs(generate);
    add_number(command, "-n,--predict", options.limit, "most tokens of a generated answer", 1, 65536)->needs(generate);
}

namespace {

/// A file's questions, with their prompts.
struct Asked {
    std::vector<OpenQuestion> questions;
    std::vector<std::vector<int>> prompts;
};

Asked ask(const std::string& file, const Model& model, const PromptOptions& options) {
    Asked asked{read_questions(file), {}};
    std::vector<Example> examples;
    for (const OpenQuestion& question :
         options.few_shot_file.empty() ? asked.questions : read_questions(options.few_shot_file))
        examples.push_back({joined(question.prompt, " ", question.example_answer), ""});
    const PromptMaker maker(options, model, std::move(examples));
    for (std::size_t i = 0; i < asked.questions.size(); ++i) {
        asked.prompts.push_back(maker.tokens(maker.prompt(i, "", asked.questions[i].prompt, "")));
        if (asked.prompts[i].size() < model.context()) continue;
        throw FileError(asked.questions[i].where, joined("less than ", model.context(), " tokens"),
                        asked.prompts[i].size());
    }
    return asked;
}

bool is_right(const OpenQuestion& question, const std::string& answer, bool numbers) {
    return std::ranges::any_of(question.answers, [&](const std::string& wanted) {
        return comparable(answer, numbers) == comparable(wanted, numbers);
    });
}

void write_result(const AnswerRules& rules, std::size_t shots, const std::vector<double>& right, bool json) {
    const Mean mean = mean_of(right);
    if (json) {
        return write_json(Json{{"task", rules.task},
                               {"few_shot", shots},
                               {"items", right.size()},
                               {"exact_match", mean.value},
                               {"standard_error", mean.error}});
    }
    write_output(formatted("%-16s %-28s %5zu %6zu   %.4f ± %.4f *\n", std::string(rules.task).c_str(), "exact match",
                           shots, right.size(), mean.value, mean.error));
}

}  // namespace

void score_generated(const std::vector<std::string>& files, const ModelOptions& of, const PromptOptions& prompt,
                     const GeneratedOptions& options, bool json) {
    const Model model = load(of, Parts::weights_and_tokenizer);
    std::vector<Asked> all;
    for (const std::string& file : files)
        all.push_back(ask(file, model, prompt));
    if (!json) write_output("benchmark        figure                       shots  items   value\n");
    const Interrupt interrupt;
    Session session(model);
    for (const auto& [questions, prompts] : all) {
        const AnswerRules& rules = rules_of(questions[0].task);
        const std::string& pattern = options.pattern.empty() ? rules.pattern : options.pattern;
        std::optional<AnswerPattern> taking;  // nothing: the whole text is the answer
        if (!pattern.empty()) taking.emplace(pattern);
        Progress progress("answering");
        std::vector<double> right;
        for (std::size_t i = 0; i < questions.size(); ++i) {
            progress.update(i, questions.size());
            const std::string text =
                answered(session, prompts[i], options.until.empty() ? rules.until : options.until, options.limit);
            const std::string answer = taking ? taking->taken_from(text) : text;
            right.push_back(is_right(questions[i], answer, rules.numbers) ? 1 : 0);
            if (!json) continue;
            write_json(Json{{"id", questions[i].id}, {"text", text}, {"answer", answer}, {"right", right.back() == 1}});
        }
        write_result(rules, prompt.few_shot, right, json);
    }
}

}  // namespace bitnet::cli
