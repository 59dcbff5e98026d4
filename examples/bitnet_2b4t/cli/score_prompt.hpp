#pragma once

#include <bitnet/chat_template.hpp>
#include <bitnet/model.hpp>
#include <optional>
#include <program/cli/command_line.hpp>
#include <string>
#include <vector>

namespace bitnet::cli {

/// What stands around the questions of a benchmark.
struct PromptOptions {
    std::size_t few_shot = 0;
    std::string few_shot_file;  // empty: the other questions
    std::string preamble_file;
    bool chat = false;
    std::string chat_template;
};
void add_prompt_options(CLI::App& command, PromptOptions& options);

/// A question as `score` knows it, for whoever puts examples in front of it.
struct Example {
    std::string text;   // the question with its answer
    std::string group;  // only questions of the same one get it
};

/// Makes prompts: the preamble, examples, and the question, two line feeds between each, as evaluation harnesses do; in
/// a chat all of it is one user's message.
class PromptMaker {
 public:
    /// Without a file of examples, example i belongs to question i, which doesn't get it.
    PromptMaker(const PromptOptions& options, const Model& model, std::vector<Example> examples);

    /// The text in front of question `index`'s answer, with an introduction of the benchmark's own.
    std::string prompt(std::size_t index, const std::string& introduction, const std::string& context,
                       const std::string& group) const;
    std::vector<int> tokens(const std::string& prompt) const;
    /// With an answer, and how many tokens stand in front of it.
    std::pair<std::vector<int>, std::size_t> tokens(const std::string& prompt, const std::string& answer) const;

 private:
    PromptOptions options_;
    const Model& model_;
    std::vector<Example> examples_;
    std::string preamble_;
    std::optional<ChatTemplate> chat_;
};

}  // namespace bitnet::cli
