#pragma once

#include <bitnet/chat_template.hpp>
#include <string>
#include <vector>

#include "corpus.hpp"

namespace train {

/// How dialogues become sequences: in a tokenizer's chat template, and no longer than the model's context.
struct DialogueForm {
    const bitnet::Tokenizer& tokenizer;
    bitnet::ChatTemplate chat;
    std::size_t context;
    bool all_tokens = false;  // the questions are learned too
};

/// JSON lines {"messages": [{"role": ..., "content": ...}, ...]}: a system message or none, then users' and assistants'
/// in turn, the last an assistant's. Learned are the assistants' tokens, each answer with the token that ends it; texts
/// lose the white space around them. Throws program::FileError, which names file and line, for what is anything else,
/// an empty answer included, and for a dialogue longer than the context.
std::vector<Sequence> read_dialogues(const std::string& path, const DialogueForm& form);

/// JSON lines {"prompt": ..., "chosen": ..., "rejected": ...}: the prompt is a text, or messages up to a user's; the
/// answers are texts or lists of one assistant's message. Two sequences for each line, the chosen one first.
std::vector<Sequence> read_pairs(const std::string& path, const DialogueForm& form);

}  // namespace train
