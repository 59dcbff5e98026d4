#include "model_source.hpp"

namespace bitnet {

using namespace program;

void check_shape(ternion::Shape found, ternion::Shape expected, std::string_view tensor, const std::string& file) {
    if (found == expected) return;
    throw FileError(file, to_string(expected) + " numbers in tensor " + in_quotes(tensor), to_string(found));
}

void check_shapes(const ModelSource& source) {
    for (const ModelTensor& tensor : source.tensors())
        if (source.contains(tensor.name))
            check_shape(source.shape(tensor.name), {tensor.rows, tensor.cols}, source.stored_name(tensor.name),
                        source.name());
}

std::vector<std::unique_ptr<MappedFile>> one_file(std::unique_ptr<MappedFile> file) {
    std::vector<std::unique_ptr<MappedFile>> files;
    files.push_back(std::move(file));
    return files;
}

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
