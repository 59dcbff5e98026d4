#include "vocabulary_files.hpp"

#include <filesystem>

#include <program/io/file_error.hpp>
#include <program/io/mapped_file.hpp>
#include "../tokenizer/llama3.hpp"

namespace bitnet {

using namespace program;
namespace {

/// Where what belongs to a tokenizer lies: LLaMA-3's own file is in a folder "original" in that.
std::string folder_of(const std::string& file) {
    const std::filesystem::path folder = std::filesystem::path(file).parent_path();
    return (folder.filename() == "original" ? folder.parent_path() : folder).string();
}

Vocabulary finished(Vocabulary vocabulary, const std::string& file) {
    if (const std::string folder = folder_of(file); !folder.empty()) add_companions(vocabulary, folder);
    // Where nobody says it, as LLaMA-3 has it.
    if (vocabulary.bos < 0) vocabulary.bos = vocabulary.find_special("<|begin_of_text|>");
    if (vocabulary.eos < 0) vocabulary.eos = vocabulary.find_special("<|end_of_text|>");
    if (vocabulary.end_of_turn < 0) vocabulary.end_of_turn = vocabulary.find_special("<|eot_id|>");
    const std::vector<int> known = known_stops(vocabulary);
    vocabulary.stops.insert(vocabulary.stops.end(), known.begin(), known.end());
    return vocabulary;
}

}  // namespace

Vocabulary read_tokenizer_json(std::string_view text, const std::string& file) {
    return finished(parse_tokenizer_json(text, file), file);
}

Vocabulary read_tokenizer_model(const std::string& path) {
    const MappedFile file(path, MappedFile::Mode::read);
    if (looks_like_sentence_pieces(file.text())) return finished(read_sentence_pieces(file.text(), path), path);
    try {
        return finished(read_tiktoken(file.text()), path);
    } catch (const FileError&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw FileError(path, error.what());
    }
}

}  // namespace bitnet
