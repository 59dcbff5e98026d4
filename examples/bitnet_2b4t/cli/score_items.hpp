#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bitnet::cli {

/// A question with choices, ready to be scored: context, a space, choice.
struct Item {
    std::string id;
    std::string where;  // file and line, for messages
    std::string context;
    std::vector<std::string> choices;
    std::size_t answer = 0;
};

/// From JSON lines, each in one of these forms; the prompts are those that evaluation harnesses use.
/// {"context": ..., "choices": [...], "answer": 0}
/// ARC, both as published and as on Hugging Face: {"question": ..., "choices": ..., "answerKey": "A"}; the context is
///     "Question: ...\nAnswer:"
/// HellaSwag: {"activity_label": ..., "ctx_a": ..., "ctx_b": ..., "endings": [...], "label": 0}; what stands in
///     brackets is left out
/// Throws FileError, which names the line.
std::vector<Item> read_items(std::string_view text, const std::string& file);

}  // namespace bitnet::cli
