#include <filesystem>
#include <string>
#include <utility>

#include "gguf_source.hpp"
#include "hugging_face.hpp"
#include "model_source.hpp"

namespace bitnet {

using namespace program;
namespace {

std::string_view start_of(const MappedFile& file) {
    return file.text().substr(0, 4);
}

}  // namespace

std::unique_ptr<ModelSource> open_model(const std::string& path, bool use_mmap) {
    const auto mode = use_mmap ? MappedFile::Mode::map : MappedFile::Mode::read;
    std::error_code ignored;
    const bool folder = std::filesystem::is_directory(path, ignored);
    auto file = std::make_unique<MappedFile>(folder ? path + "/model.safetensors" : path, mode);
    if (!folder && start_of(*file) == gguf_magic) return std::make_unique<GgufSource>(std::move(file));
    if (!folder && !Safetensors::looks_like(file->bytes())) {
        throw FileError(path, "a GGUF file, a model.safetensors or a folder that holds one",
                        "a file that begins with " + in_quotes(start_of(*file)));
    }
    const auto parent = std::filesystem::path(path).parent_path();
    const std::string beside = folder ? path : parent.empty() ? "." : parent.string();
    const MappedFile config(beside + "/config.json", MappedFile::Mode::read);
    return std::make_unique<HuggingFaceSource>(std::move(file), config, beside);
}

}  // namespace bitnet
