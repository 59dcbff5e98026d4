#include "hugging_face.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include <program/io/json_file.hpp>
#include "gguf_config.hpp"
#include "gguf_vocabulary.hpp"
#include "gguf_writer.hpp"
#include "pooling_file.hpp"
#include "tensor_format.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

using namespace program;
HuggingFaceSource::HuggingFaceSource(std::unique_ptr<MappedFile> safetensors, const MappedFile& config,
                                     std::string folder, Masters masters)
    : HuggingFaceSource(one_file(std::move(safetensors)), config, std::move(folder), masters) {}

HuggingFaceSource::HuggingFaceSource(std::vector<std::unique_ptr<MappedFile>> shards, const MappedFile& config,
                                     std::string folder, Masters masters)
    : folder_(std::move(folder)), config_(read_hugging_face_config(config.text(), config.name())) {
    for (auto& shard : shards)
        shards_.push_back(std::make_unique<Shard>(std::move(shard)));
    read_tensors();
    masters_ = trains_floats() ? Masters::quantised : masters;
    check_tensors();
    check_tied_head();
}

/// What only the tensors tell of the architecture, and their names.
void HuggingFaceSource::read_tensors() {
    Config& sizes = config_.sizes;
    sizes.separate_head = config_.tied ? !*config_.tied : find_stored("lm_head.weight") != nullptr;
    if (find_stored("model.layers.0.self_attn.q_proj.norm.weight") != nullptr) {
        sizes.projection_norms = sizes.trained_int8 = true;
    }
    // Only models that are made for vectors have these norms.
    sizes.pooling = read_pooling(folder_, sizes.projection_norms ? Pooling::last_token : Pooling::none);
    for (const ModelTensor& tensor : model_tensors(sizes))
        names_.emplace(tensor.name, config_.family.renamed_tensor(tensor.hugging_face));
}

void HuggingFaceSource::check_tensors() const {
    std::set<std::string, std::less<>> known;
    for (const ModelTensor& tensor : model_tensors(config_.sizes)) {
        const std::string name(name_of(tensor.name));
        known.insert(name);
        if (tensor.kind != TensorKind::ternary) continue;
        known.insert(name + "_scale");
        if (config_.offline && find_stored(name) != nullptr && find_stored(name + "_scale") == nullptr)
            throw FileError(this->name(),
                            joined("tensor ", in_quotes(name + "_scale"),
                                   ", as \"quantization_config\" of mode "
                                   "\"offline\" has one for each layer"),
                            "none of that name");
    }
    std::set<std::string_view> seen;
    for (const auto& shard : shards_) {
        for (const auto& [name, tensor] : shard->tensors.tensors()) {
            if (!seen.insert(name).second)
                throw FileError(shard->file->name(), "each tensor in one shard", in_quotes(name) + " twice");
            if (known.contains(name)) {
                if (!config_.quantized && (tensor.dtype == "U8" || name.ends_with("_scale")))
                    throw FileError(folder_ + "/config.json",
                                    "\"quantization_config\", which says whether scales multiply or divide", "none");
                continue;
            }
            if (name == "lm_head.weight" || is_harmless_tensor(name)) continue;
            throw FileError(shard->file->name(),
                            joined("no tensors but those of ", config_.family.class_name, " with ",
                                   config_.sizes.layers, " layers, as \"num_hidden_layers\" says"),
                            in_quotes(name));
        }
    }
}

/// A head beside a tied embedding plays no part if it repeats it, and contradicts config.json otherwise.
void HuggingFaceSource::check_tied_head() const {
    const Safetensors::Tensor* head = find_stored("lm_head.weight");
    const Safetensors::Tensor* embedding = find_stored("model.embed_tokens.weight");
    if (!head || config_.sizes.separate_head || !embedding) return;
    if (std::equal(head->bytes.begin(), head->bytes.end(), embedding->bytes.begin(), embedding->bytes.end())) return;
    throw FileError(name(), "\"lm_head.weight\" to be the embedding, as \"tie_word_embeddings\" says", "another");
}

std::vector<std::string> HuggingFaceSource::files() const {
    std::vector<std::string> names = {vocabulary_file()};
    // Not all of them are there, nor always read.
    for (const char* beside : {"config.json", "generation_config.json", "model.safetensors.index.json",
                               "tokenizer_config.json", "added_tokens.json", "chat_template.jinja", pooling_file})
        names.push_back(joined(folder_, "/", beside));
    for (const auto& shard : shards_)
        names.push_back(shard->file->name());
    return names;
}

std::string_view HuggingFaceSource::name_of(std::string_view tensor) const {
    const auto found = names_.find(tensor);
    return found == names_.end() ? tensor : found->second;
}

const Safetensors::Tensor* HuggingFaceSource::find_stored(std::string_view name) const {
    for (const auto& shard : shards_)
        if (const Safetensors::Tensor* found = shard->tensors.find(name)) return found;
    return nullptr;
}

const Safetensors::Tensor& HuggingFaceSource::find(std::string_view tensor) const {
    const std::string_view name = name_of(tensor);
    const Safetensors::Tensor* found = find_stored(name);
    if (!found) throw FileError(this->name(), "tensor " + in_quotes(name), "none of that name");
    if (found->shape.size() <= 2) return *found;
    throw FileError(this->name(), "at most 2 dimensions" + in_tensor(name), found->shape.size());
}

ternion::Shape HuggingFaceSource::shape(std::string_view tensor) const {
    const Safetensors::Tensor& stored = find(tensor);
    return {(stored.dtype == "U8" ? 4 : 1) * stored.rows(), stored.cols()};  // four rows are packed in one
}

DenseTensor HuggingFaceSource::dense(std::string_view tensor) const {
    const Safetensors::Tensor& stored = find(tensor);
    const NumberFormat* format = find_number_format(stored.dtype);
    if (!format) throw FileError(name(), "F32, F16 or BF16" + in_tensor(stored_name(tensor)), stored.dtype);
    return {stored_name(tensor), format, stored.rows(), stored.cols(), stored.bytes};
}

bool HuggingFaceSource::is_ternary(std::string_view tensor) const {
    return find(tensor).dtype == "U8" || bitnet::is_ternary(dense(tensor));
}

TernaryTensor HuggingFaceSource::ternary(std::string_view tensor) const {
    const Safetensors::Tensor& stored = find(tensor);
    if (stored.dtype == "U8") {
        return open_hugging_face({name(), stored_name(tensor), "U8", 4 * stored.rows(), stored.cols(), stored.bytes},
                                 scale_of(tensor));
    }
    const Masters masters = masters_of(tensor);
    const TernaryTensor trits = ternary_of(dense(tensor), masters, name());
    return masters == Masters::scaled ? trits.scaled(scale_of(tensor)) : trits;
}

Masters HuggingFaceSource::masters_of(std::string_view tensor) const {
    return find_stored(joined(name_of(tensor), "_scale")) != nullptr ? Masters::scaled : masters_;
}

float HuggingFaceSource::scale_of(std::string_view tensor) const {
    const std::string key = joined(name_of(tensor), "_scale");
    const float scale = read_scale(dense(key), name());
    if (!config_.scale_divides) return scale;
    check_scale(name(), key, 1 / scale);
    return 1 / scale;
}

std::string HuggingFaceSource::vocabulary_file() const {
    for (const char* name : {"/tokenizer.json", "/tokenizer.model", "/original/tokenizer.model"}) {
        std::error_code ignored;
        if (std::filesystem::exists(folder_ + name, ignored)) return folder_ + name;
    }
    return {};
}

void HuggingFaceSource::add_metadata(GgufWriter& writer) const {
    write_gguf_config(writer, config_.sizes, config_.family, std::filesystem::path(folder_).filename().string());
    if (!vocabulary_file().empty()) add_vocabulary(writer, vocabulary());
}

Vocabulary HuggingFaceSource::vocabulary() const {
    const std::string path = vocabulary_file();
    if (path.empty()) throw FileError(folder_, "tokenizer.json or tokenizer.model", "neither");
    if (!path.ends_with(".json")) return read_tokenizer_model(path);
    const MappedFile file(path, MappedFile::Mode::read);
    return read_tokenizer_json(file.text(), path);
}

namespace {

/// What lies in a folder instead, and what to do with it.
std::string other_weights(const std::string& folder) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    std::string found = "neither";
    for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
        const std::string name = entry->path().filename().string();
        if (name.ends_with(".gguf")) return joined(name, ": name that file itself, -m ", entry->path().string());
        if (name.starts_with("pytorch_model") && name.ends_with(".bin"))
            found = name + ", weights that PyTorch has pickled: save_pretrained of transformers writes safetensors";
    }
    return found;
}

}  // namespace

std::vector<std::string> safetensors_files(const std::string& folder) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    const std::string whole = folder + "/model.safetensors", index = whole + ".index.json";
    if (fs::exists(whole, ignored)) return {whole};
    if (!fs::exists(index, ignored)) {
        throw FileError(folder, "model.safetensors or model.safetensors.index.json", other_weights(folder));
    }
    const MappedFile file(index, MappedFile::Mode::read);
    const Json list = parse_json_object(file.text(), index);
    const Json& map = json_member(list, "weight_map", index);
    if (!map.is_object() || map.empty()) throw FileError(index, "an object in \"weight_map\"", map.type_name());
    std::set<std::string> names;
    for (const auto& [tensor, shard] : map.items()) {
        const bool plain = shard.is_string() && shard.get<std::string>().find('/') == std::string::npos;
        if (!plain) throw FileError(index, "the name of a file beside it for " + in_quotes(tensor), shard.dump());
        names.insert(folder + "/" + shard.get<std::string>());
    }
    for (const std::string& name : names)
        if (!fs::exists(name, ignored)) throw FileError(name, "this shard of " + in_quotes(index), "no such file");
    return {names.begin(), names.end()};
}

}  // namespace bitnet
