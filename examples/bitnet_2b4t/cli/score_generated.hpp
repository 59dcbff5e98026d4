#pragma once

#include <program/cli/command_line.hpp>
#include <string>
#include <vector>

#include "model_options.hpp"
#include "score_prompt.hpp"

namespace bitnet::cli {

/// How generated answers are taken and compared.
struct GeneratedOptions {
    std::string pattern;             // a regular expression; empty: the benchmark's
    std::vector<std::string> until;  // texts that end an answer; empty: the benchmark's
    int limit = 256;
};
/// They need the flag `generate`.
void add_generated_options(CLI::App& command, GeneratedOptions& options, CLI::Option* generate);

/// Lets the model answer each question greedily, and prints the share of answers that match one of those that the file
/// accepts: without white space around, upper or lower case, and GSM8K's commas, dollar signs and full stops at the
/// end, or other benchmarks' punctuation. GSM8K's and TriviaQA's files, or {"prompt", "answers": [...]}. Throws
/// FileError, which names the line.
void score_generated(const std::vector<std::string>& files, const ModelOptions& model, const PromptOptions& prompt,
                     const GeneratedOptions& options, bool json);

}  // namespace bitnet::cli
