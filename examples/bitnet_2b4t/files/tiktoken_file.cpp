#include <stdexcept>

#include "../tokenizer/llama3.hpp"
#include "file_error.hpp"
#include "mapped_file.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

Vocabulary read_tiktoken_file(const std::string& path) {
    const MappedFile file(path, MappedFile::Mode::read);
    try {
        return read_tiktoken(file.text());
    } catch (const std::runtime_error& error) {
        throw FileError(path, error.what());
    }
}

}  // namespace bitnet
