#include "score_prompt.hpp"

#include <algorithm>
#include <program/cli/input.hpp>
#include <program/cli/number_option.hpp>
#include <program/io/file_error.hpp>
#include <program/io/utf8.hpp>

namespace bitnet::cli {

using namespace program;

void add_prompt_options(CLI::App& command, PromptOptions& options) {
    auto* few_shot =
        add_number(command, "--few-shot", options.few_shot, "questions with answers in front of each question", 0, 100);
    add_file(command, "--few-shot-file", options.few_shot_file,
             "a file in the same form whose first questions these are (default: the other questions)")
        ->needs(few_shot);
    add_file(command, "--preamble", options.preamble_file, "a file with a text that stands in front of everything");
    auto* chat = command.add_flag("--chat", options.chat, "ask in the model's chat template");
    command.add_option("--chat-template", options.chat_template, "chat template by name (default: the model's)")
        ->needs(chat);
}

PromptMaker::PromptMaker(const PromptOptions& options, const Model& model, std::vector<Example> examples)
    : options_(options), model_(model), examples_(std::move(examples)) {
    if (!options.preamble_file.empty()) preamble_ = trimmed(read_input(options.preamble_file)) + "\n\n";
    if (options.chat) chat_.emplace(model.tokenizer(), options.chat_template);
}

std::string PromptMaker::prompt(std::size_t index, const std::string& introduction, const std::string& context,
                                const std::string& group) const {
    std::string text = preamble_ + introduction;
    const bool own = options_.few_shot_file.empty();
    std::size_t left = options_.few_shot;
    for (std::size_t i = 0; i < examples_.size() && left > 0; ++i) {
        if (examples_[i].group != group || (own && i == index)) continue;
        text += examples_[i].text + "\n\n";
        --left;
    }
    if (left == 0) return text + context;
    throw FileError(own ? "--few-shot" : options_.few_shot_file,
                    joined(options_.few_shot, " examples", group.empty() ? "" : " of " + group),
                    options_.few_shot - left);
}

std::vector<int> PromptMaker::tokens(const std::string& prompt) const {
    if (!chat_) return model_.tokenize(prompt);
    std::vector<int> all = chat_->opening("");
    const std::vector<int> turn = chat_->turn(prompt);
    all.insert(all.end(), turn.begin(), turn.end());
    return all;
}

std::pair<std::vector<int>, std::size_t> PromptMaker::tokens(const std::string& prompt,
                                                             const std::string& answer) const {
    // Tokens may join what ends the prompt and what begins the answer: then only both together are right. Spaces that
    // end the prompt belong to the answer.
    if (!chat_) {
        const std::string given = prompt.substr(0, prompt.find_last_not_of(" \t\n\r\v\f") + 1);
        return {model_.tokenize(joined(prompt, prompt.empty() ? "" : " ", answer)), tokens(given).size()};
    }
    std::vector<int> all = tokens(prompt);
    const std::size_t given = all.size();
    const std::vector<int> more = model_.tokenizer().encode(trimmed(answer));
    all.insert(all.end(), more.begin(), more.end());
    return {all, given};
}

}  // namespace bitnet::cli
