#include <cstring>
#include <stdexcept>

#include <program/io/file_error.hpp>
#include "../tokenizer/sentence_pieces.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

using namespace program;
namespace {

/// A field of a protocol buffers message: its number, and what it holds, as a number or as bytes.
struct Field {
    std::uint64_t key = 0, number = 0;
    std::string_view bytes;

    std::uint64_t id() const { return key >> 3; }
};

std::uint64_t take_varint(std::string_view& message) {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (message.empty()) break;
        const auto byte = static_cast<unsigned char>(message[0]);
        message.remove_prefix(1);
        number |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) return number;
    }
    throw std::runtime_error("expected a SentencePiece model, found a number without its end");
}

Field take_field(std::string_view& message) {
    Field field;
    field.key = take_varint(message);
    const std::uint64_t wire = field.key & 7;
    if (wire == 0) {
        field.number = take_varint(message);
        return field;
    }
    const std::uint64_t size = wire == 2 ? take_varint(message) : wire == 5 ? 4 : wire == 1 ? 8 : UINT64_MAX;
    if (size > message.size()) throw std::runtime_error("expected a SentencePiece model, found one that is cut off");
    field.bytes = message.substr(0, static_cast<std::size_t>(size));
    message.remove_prefix(field.bytes.size());
    return field;
}

void add_piece(std::string_view message, Vocabulary& vocabulary) {
    std::string_view text;
    float score = 0;
    std::uint64_t type = 1;
    while (!message.empty()) {
        const Field field = take_field(message);
        if (field.id() == 1) text = field.bytes;
        if (field.id() == 2 && field.bytes.size() == 4) std::memcpy(&score, field.bytes.data(), 4);
        if (field.id() == 3) type = field.number;
    }
    const auto byte = byte_of_name(text);
    if (type < 1 || type > 6 || (type == 6 && !byte))
        throw std::runtime_error(joined("expected pieces of types 1 to 6, found ", type, " of ", in_quotes(text)));
    constexpr TokenKind kinds[] = {TokenKind::text,         TokenKind::special, TokenKind::special,
                                   TokenKind::user_defined, TokenKind::unused,  TokenKind::byte};
    const TokenKind kind = kinds[type - 1];
    const bool spaced = kind == TokenKind::text || kind == TokenKind::user_defined;
    const std::string bytes = type == 6 ? std::string(1, *byte) : spaced ? with_spaces(text) : std::string(text);
    vocabulary.add(bytes, kind);
    vocabulary.scores.push_back(score);
}

struct Trainer {
    std::uint64_t model_type = 1, bos = 1, eos = 2;
};

Trainer read_trainer(std::string_view message) {
    Trainer trainer;
    while (!message.empty()) {
        const Field field = take_field(message);
        if (field.id() == 3) trainer.model_type = field.number;
        if (field.id() == 24 && field.number != 0)
            throw std::runtime_error("expected trainer_spec.treat_whitespace_as_suffix false, found true");
        if (field.id() == 41) trainer.bos = field.number;
        if (field.id() == 42) trainer.eos = field.number;
    }
    return trainer;
}

/// Changes that are made to text before: none but for spaces.
void read_normalizer(std::string_view message, Vocabulary& vocabulary) {
    std::uint64_t prefix = 1, remove = 1, escape = 1;
    while (!message.empty()) {
        const Field field = take_field(message);
        if (field.id() == 1 && field.bytes != "identity")
            throw std::runtime_error("expected normalizer_spec.name \"identity\", found " + in_quotes(field.bytes));
        if (field.id() == 2 && !field.bytes.empty())
            throw std::runtime_error("expected no normalizer_spec.precompiled_charsmap, found one");
        if (field.id() == 3) prefix = field.number;
        if (field.id() == 4) remove = field.number;
        if (field.id() == 5) escape = field.number;
    }
    if (remove != 0) throw std::runtime_error("expected normalizer_spec.remove_extra_whitespaces false, found true");
    if (escape == 0) throw std::runtime_error("expected normalizer_spec.escape_whitespaces true, found false");
    vocabulary.space_prefix = prefix != 0 ? SpacePrefix::segment : SpacePrefix::never;
}

Vocabulary read(std::string_view bytes) {
    Vocabulary vocabulary;
    vocabulary.tokenizer = TokenizerKind::sentence_pieces;
    vocabulary.split = SplitPattern::none;
    vocabulary.whole_pieces = false;
    Trainer trainer;
    std::string_view normalizer;
    while (!bytes.empty()) {
        const Field field = take_field(bytes);
        if (field.id() == 1) add_piece(field.bytes, vocabulary);
        if (field.id() == 2) trainer = read_trainer(field.bytes);
        if (field.id() == 3) normalizer = field.bytes;
    }
    read_normalizer(normalizer, vocabulary);
    if (trainer.model_type != 2)
        throw std::runtime_error(joined("expected trainer_spec.model_type 2 (BPE), found ", trainer.model_type));
    const auto id = [&](std::uint64_t number) { return number < vocabulary.size() ? static_cast<int>(number) : -1; };
    vocabulary.bos = id(trainer.bos);
    vocabulary.eos = id(trainer.eos);
    return vocabulary;
}

}  // namespace

/// The first field of such a file is a piece, which begins with its text.
bool looks_like_sentence_pieces(std::string_view bytes) {
    return bytes.size() > 4 && bytes[0] == '\x0a' && bytes[2] == '\x0a';
}

Vocabulary read_sentence_pieces(std::string_view bytes, const std::string& file) {
    try {
        return read(bytes);
    } catch (const std::runtime_error& error) {
        throw FileError(file, error.what());
    }
}

}  // namespace bitnet
