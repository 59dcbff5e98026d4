#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bitnet::cli {

/// What a benchmark's figure is: the share of questions whose likeliest choice is right, the same with each choice's
/// log-probability divided by its characters, or the mean share of probability that right choices have.
enum class Metric { accuracy, normalised, mass };

/// The benchmarks that are read, and the figure that the 2B4T report prints for each (arXiv 2504.12285, table 1).
struct ScoreTask {
    std::string_view name;   // for --task
    std::string_view title;  // in tables
    Metric metric;
};
inline constexpr ScoreTask score_tasks[] = {{"choices", "choices", Metric::normalised},
                                            {"arc", "ARC", Metric::normalised},
                                            {"arc-easy", "ARC-Easy", Metric::normalised},
                                            {"arc-challenge", "ARC-Challenge", Metric::normalised},
                                            {"openbookqa", "OpenbookQA", Metric::normalised},
                                            {"boolq", "BoolQ", Metric::accuracy},
                                            {"hellaswag", "HellaSwag", Metric::normalised},
                                            {"piqa", "PIQA", Metric::normalised},
                                            {"winogrande", "WinoGrande", Metric::accuracy},
                                            {"commonsenseqa", "CommonsenseQA", Metric::accuracy},
                                            {"truthfulqa-mc1", "TruthfulQA MC1", Metric::accuracy},
                                            {"truthfulqa-mc2", "TruthfulQA MC2", Metric::mass},
                                            {"mmlu", "MMLU", Metric::accuracy}};

/// A question with choices, as a benchmark asks it.
struct Item {
    const ScoreTask* task = nullptr;
    std::string id = {};
    std::string where = {};  // file and line, for messages
    std::string group = {};  // the subject: examples come from the same one
    std::string context = {};
    std::vector<std::string> contexts = {};  // in place of `context` one for each choice: WinoGrande's
    std::vector<std::string> choices = {};
    std::size_t answer = 0;
    std::vector<bool> right = {};  // several answers: TruthfulQA's MC2

    const std::string& context_of(std::size_t choice) const { return contexts.empty() ? context : contexts[choice]; }
    /// What stands in front of all, examples included.
    std::string introduction() const;
    /// The question with its answer.
    std::string example() const { return context_of(answer) + " " + choices[answer]; }
};

/// Reads a benchmark's file: JSON lines, or a list or {"Data": list} of such objects, as published or as on Hugging
/// Face (docs/file_formats.md); of MMLU also CSV. `task` is a name or empty: then members tell, what looks like ARC is
/// ARC, and the file's name says which of its two sets. `labels` are the answers' numbers, one a line, where a
/// benchmark has them in a file of their own. Throws FileError, which names the line.
std::vector<Item> read_items(const std::string& file, const std::string& task, const std::string& labels);

}  // namespace bitnet::cli
