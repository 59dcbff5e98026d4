#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "gguf_source.hpp"
#include "hugging_face.hpp"
#include "model_source.hpp"

namespace bitnet {

using namespace program;
namespace {

using Files = std::vector<std::unique_ptr<MappedFile>>;

Files opened(const std::vector<std::string>& names, MappedFile::Mode mode) {
    Files files;
    for (const std::string& name : names) {
        std::error_code ignored;
        if (names.size() > 1 && !std::filesystem::exists(name, ignored))
            throw FileError(name, joined("all of ", names.size(), " parts of the model in one folder"), "no such file");
        files.push_back(std::make_unique<MappedFile>(name, mode));
    }
    return files;
}

bool starts_with(const MappedFile& file, std::string_view text) {
    return file.text().starts_with(text);
}

/// What Git leaves where the large file itself wasn't downloaded.
void refuse_pointer(const MappedFile& file) {
    if (!starts_with(file, "version https://git-lfs.github.com/spec/")) return;
    throw FileError(file.name(), "a model",
                    "a Git LFS pointer, which stands for one: `git lfs pull` in its repository gets the model itself");
}

/// Other programs add such weights to those of the model, which without them is another one.
void refuse_adapter(const std::string& folder) {
    const std::string adapter = folder + "/adapter_config.json";
    std::error_code ignored;
    if (std::filesystem::exists(adapter, ignored))
        throw FileError(folder, "a model alone (PEFT's merge_and_unload makes one of both)",
                        "an adapter beside it, " + in_quotes(adapter));
}

void refuse_shard(const std::string& path, bool folder) {
    if (folder || path.find("-of-") == path.npos) return;
    throw FileError(path, "all shards of a model: name the folder that they are in", "one of them");
}

std::unique_ptr<ModelSource> open_any(const std::string& path, bool use_mmap, Masters masters) {
    const auto mode = use_mmap ? MappedFile::Mode::map : MappedFile::Mode::read;
    std::error_code ignored;
    const bool folder = std::filesystem::is_directory(path, ignored);
    Files files = opened(folder ? safetensors_files(path) : split_names(path), mode);
    for (const auto& file : files)
        refuse_pointer(*file);
    if (!folder && starts_with(*files.front(), gguf_magic))
        return std::make_unique<GgufSource>(std::move(files), masters);
    if (!folder && !Safetensors::looks_like(files.front()->bytes())) {
        throw FileError(path, "a GGUF file, a model.safetensors or a folder that holds one",
                        "a file that begins with " + in_quotes(files.front()->text().substr(0, 4)));
    }
    refuse_shard(path, folder);
    const auto parent = std::filesystem::path(path).parent_path();
    const std::string beside = folder ? path : parent.empty() ? "." : parent.string();
    refuse_adapter(beside);
    const MappedFile config(beside + "/config.json", MappedFile::Mode::read);
    refuse_pointer(config);
    return std::make_unique<HuggingFaceSource>(std::move(files), config, beside, masters);
}

}  // namespace

std::unique_ptr<ModelSource> open_model(const std::string& path, bool use_mmap, Masters masters) {
    auto source = open_any(path, use_mmap, masters);
    check_shapes(*source);
    return source;
}

}  // namespace bitnet
