#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <bitnet/tokenizer.hpp>
#include "files/vocabulary_files.hpp"
#include "files_fixture.hpp"

namespace bitnet_tests {

/// LLaMA-3's vocabulary and test vectors are other people's data and not part of the project. They are looked for in
/// the folder that TERNION_TOKENIZER_DATA names, or beside the project; tests that need them are skipped without.
inline std::string tokenizer_data() {
    const char* given = std::getenv("TERNION_TOKENIZER_DATA");
    return given ? given : TESTS_DIR "/../../shared/tokenizer";
}

inline std::string llama3_file() {
    const std::string path = tokenizer_data() + "/llama3-tokenizer.model";
    if (!std::filesystem::exists(path)) SKIP("no " << path << " (set TERNION_TOKENIZER_DATA)");
    return path;
}

inline const bitnet::Tokenizer& llama3() {
    static const bitnet::Tokenizer tokenizer(bitnet::read_tokenizer_model(llama3_file()));
    return tokenizer;
}

/// A token for each byte, with its number as its id.
inline bitnet::Vocabulary byte_vocabulary() {
    bitnet::Vocabulary vocabulary;
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        vocabulary.add({&c, 1}, bitnet::TokenKind::text);
    }
    return vocabulary;
}

}  // namespace bitnet_tests
