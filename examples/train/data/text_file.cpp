#include "text_file.hpp"

#include <algorithm>
#include <program/io/file_error.hpp>
#include <program/io/json_lines.hpp>
#include <program/io/mapped_file.hpp>

namespace train {

namespace {

void add_document(std::vector<Sequence>& sequences, std::string_view text, const bitnet::Tokenizer& tokenizer,
                  std::size_t length, const std::string& file, std::size_t line) {
    std::vector<int> tokens = tokenizer.encode(text);
    if (tokens.empty()) return;
    if (tokenizer.bos() >= 0) tokens.insert(tokens.begin(), tokenizer.bos());
    if (tokenizer.eos() >= 0) tokens.push_back(tokenizer.eos());
    for (std::size_t begin = 0; begin + 1 < tokens.size(); begin += length) {
        const auto from = tokens.begin() + static_cast<std::ptrdiff_t>(begin);
        const std::size_t count = std::min(length + 1, tokens.size() - begin);
        std::vector<int> piece(from, from + static_cast<std::ptrdiff_t>(count));
        Sequence sequence = sequence_of(std::move(piece), std::vector<bool>(count, true));
        sequence.file = file;
        sequence.line = line;
        sequences.push_back(std::move(sequence));
    }
}

}  // namespace

std::vector<Sequence> read_texts(const std::vector<std::string>& paths, const bitnet::Tokenizer& tokenizer,
                                 std::size_t length) {
    std::vector<Sequence> sequences;
    for (const std::string& path : paths) {
        const std::size_t before = sequences.size();
        const program::MappedFile file(path);
        if (path.ends_with(".jsonl")) {
            program::each_json_line(file.text(), path, [&](const program::JsonLine& line) {
                add_document(sequences, program::json_text(line.object, "text", line.where), tokenizer, length, path,
                             line.number);
            });
        } else {
            add_document(sequences, file.text(), tokenizer, length, path, 1);
        }
        if (sequences.size() == before) throw program::FileError(path, "a text", "an empty one");
    }
    return sequences;
}

}  // namespace train
