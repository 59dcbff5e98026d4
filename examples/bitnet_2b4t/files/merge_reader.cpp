#include "merge_reader.hpp"

#include <utility>

#include <program/io/file_error.hpp>
#include "../tokenizer/printable_bytes.hpp"
#include "../tokenizer/sentence_pieces.hpp"

namespace bitnet {

using namespace program;

MergeReader::MergeReader(Vocabulary& vocabulary, std::string key, const std::string& file)
    : vocabulary_(vocabulary), index_(vocabulary), key_(std::move(key)), file_(file) {
    for (const Vocabulary::Token& token : vocabulary.tokens)
        if (token.kind == TokenKind::special || token.kind == TokenKind::user_defined) names_.insert(token.bytes);
}

void MergeReader::add(std::string_view left, std::string_view right) {
    const std::string first = bytes_of(left), second = bytes_of(right);
    const Merge merge{find(first, left, right), find(second, left, right), find(first + second, left, right), rank_++};
    if (merge.left >= 0 && merge.right >= 0 && merge.merged >= 0) vocabulary_.merges.push_back(merge);
}

void MergeReader::add(std::string_view both) {
    const std::size_t space = both.find(' ');
    const bool two = space != both.npos && both.find(' ', space + 1) == both.npos;
    if (!two)
        throw FileError(file_, "two tokens with a space between them in each of " + in_quotes(key_), in_quotes(both));
    add(both.substr(0, space), both.substr(space + 1));
}

std::string MergeReader::bytes_of(std::string_view text) const {
    if (vocabulary_.tokenizer != TokenizerKind::byte_pairs) return with_spaces(text);
    return from_printable(text).value_or(std::string(text));
}

int MergeReader::find(const std::string& bytes, std::string_view left, std::string_view right) const {
    const int id = index_.find(bytes);
    if (id >= 0 || names_.contains(bytes)) return id;
    throw FileError(file_,
                    joined("a token ", in_quotes(bytes), " for the merge ", in_quotes(joined(left, " ", right)), " in ",
                           in_quotes(key_)),
                    "none");
}

}  // namespace bitnet
