#include "hugging_face.hpp"

#include <charconv>
#include <filesystem>

#include <program/io/json_file.hpp>
#include "gguf_vocabulary.hpp"
#include "gguf_writer.hpp"
#include "tensor_format.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

using namespace program;
namespace {

float read_theta(const Json& json, const std::string& file) {
    // Newer versions of the transformers library nest it.
    const auto nested = json.find("rope_parameters");
    const bool inside = nested != json.end() && nested->is_object();
    return static_cast<float>(json_real(inside ? *nested : json, "rope_theta", file));
}

bool read_scale_divides(const Json& json, const std::string& file) {
    const auto found = json.find("quantization_config");
    if (found == json.end() || !found->is_object() || !found->contains("linear_class")) return true;
    const std::string convention = json_text(*found, "linear_class", file);
    if (convention == "bitlinear") return true;
    if (convention == "autobitlinear") return false;
    throw FileError(file, "\"linear_class\" \"autobitlinear\" or \"bitlinear\"", in_quotes(convention));
}

/// A layer that the sizes don't know would be left out, and the model be another.
void check_layers(const Safetensors& tensors, std::size_t layers, const std::string& file) {
    constexpr std::string_view prefix = "model.layers.";
    for (const auto& [name, tensor] : tensors.tensors()) {
        if (!name.starts_with(prefix)) continue;
        std::size_t layer = 0;
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer);
        if (layer < layers) continue;
        throw FileError(file, joined(layers, " layers, as \"num_hidden_layers\" says"), "tensor " + in_quotes(name));
    }
}

std::string in_tensor(std::string_view name) {
    return " in tensor " + in_quotes(name);
}

}  // namespace

HuggingFaceConfig read_hugging_face_config(std::string_view text, const std::string& file) {
    const Json json = parse_json_object(text, file);
    if (const std::string type = json_text(json, "model_type", file); type != "bitnet") {
        throw FileError(file, "\"model_type\" \"bitnet\"", in_quotes(type));
    }
    Config sizes;
    const bool has_head_dim = json.contains("head_dim") && !json["head_dim"].is_null();
    for (const auto& [size, gguf, name] : size_names) {
        if (size == &Config::head_dim && !has_head_dim) continue;
        sizes.*size = static_cast<std::size_t>(json_integer(json, name, file));
    }
    if (!has_head_dim && sizes.heads != 0) sizes.head_dim = sizes.hidden / sizes.heads;
    sizes.norm_eps = static_cast<float>(json_real(json, "rms_norm_eps", file));
    sizes.rope_theta = read_theta(json, file);
    sizes.validate(file);
    HuggingFaceConfig config{sizes, read_scale_divides(json, file), {}};
    for (const auto& [key, value] : json.items())
        config.entries.emplace_back(key, value.dump(-1, ' ', true, Json::error_handler_t::replace));
    return config;
}

HuggingFaceSource::HuggingFaceSource(std::unique_ptr<MappedFile> safetensors, const MappedFile& config,
                                     std::string folder)
    : file_(std::move(safetensors)),
      folder_(std::move(folder)),
      config_(read_hugging_face_config(config.text(), config.name())),
      tensors_(file_->bytes(), file_->name()) {
    check_layers(tensors_, config_.sizes.layers, name());
    for (const ModelTensor& tensor : model_tensors(config_.sizes, true))
        names_.emplace(tensor.name, tensor.hugging_face);
}

std::string_view HuggingFaceSource::name_of(std::string_view tensor) const {
    const auto found = names_.find(tensor);
    return found == names_.end() ? tensor : found->second;
}

const Safetensors::Tensor& HuggingFaceSource::find(std::string_view tensor) const {
    const std::string_view name = name_of(tensor);
    const Safetensors::Tensor* found = tensors_.find(name);
    if (!found) throw FileError(this->name(), "tensor " + in_quotes(name), "none of that name");
    if (!found->shape.empty() && found->shape.size() <= 2) return *found;
    throw FileError(this->name(), "1 or 2 dimensions" + in_tensor(name), found->shape.size());
}

DenseTensor HuggingFaceSource::dense(std::string_view tensor) const {
    const Safetensors::Tensor& stored = find(tensor);
    const NumberFormat* format = find_number_format(stored.dtype);
    if (!format) throw FileError(name(), "F32, F16 or BF16" + in_tensor(tensor), stored.dtype);
    return {std::string(tensor), format, stored.rows(), stored.cols(), stored.bytes};
}

TernaryTensor HuggingFaceSource::ternary(std::string_view tensor) const {
    const Safetensors::Tensor& stored = find(tensor);
    if (stored.dtype != "U8") return quantize_master(dense(tensor), name());
    return open_hugging_face({name(), std::string(tensor), "U8", 4 * stored.rows(), stored.cols(), stored.bytes},
                             scale_of(tensor));
}

float HuggingFaceSource::scale_of(std::string_view tensor) const {
    const std::string key = joined(name_of(tensor), "_scale");
    const Safetensors::Tensor* stored = tensors_.find(key);
    if (!stored) throw FileError(name(), "tensor " + in_quotes(key), "none of that name");
    const NumberFormat* format = find_number_format(stored->dtype);
    if (!format || stored->bytes.size() != format->block_bytes) {
        throw FileError(name(), "one F32, F16 or BF16 number" + in_tensor(key),
                        joined(stored->dtype, ", ", stored->bytes.size(), " bytes"));
    }
    float scale = 0;
    format->decode(stored->bytes.data(), 1, &scale);
    check_scale(name(), key, scale);
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
    add_sizes(writer, config_.sizes, "BitNet b1.58");
    if (!vocabulary_file().empty()) add_vocabulary(writer, vocabulary());
}

Vocabulary HuggingFaceSource::vocabulary() const {
    const std::string path = vocabulary_file();
    if (path.empty()) throw FileError(folder_, "tokenizer.json or tokenizer.model", "neither");
    if (!path.ends_with(".json")) return read_tiktoken_file(path);
    const MappedFile file(path, MappedFile::Mode::read);
    return read_tokenizer_json(file.text(), path);
}

}  // namespace bitnet
