#include "model_source.hpp"

namespace bitnet {

using namespace program;

Tokenizer load_tokenizer(const ModelSource& source) {
    try {
        return Tokenizer(source.vocabulary());
    } catch (const FileError&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw FileError(source.name(), error.what());
    }
}

}  // namespace bitnet
