#include "hugging_face.hpp"

#include <filesystem>
#include <utility>

#include "json_file.hpp"
#include "master_weights.hpp"
#include "ternary_format.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {
namespace {

std::string_view text_of(const MappedFile& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

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

std::string in_tensor(std::string_view name) {
    return " in tensor " + in_quotes(name);
}

}  // namespace

HuggingFaceSource::HuggingFaceSource(std::unique_ptr<MappedFile> safetensors, std::string folder)
    : file_(std::move(safetensors)), folder_(std::move(folder)), tensors_(file_->bytes(), file_->name()) {
    read_config();
}

void HuggingFaceSource::read_config() {
    const MappedFile file(folder_ + "/config.json", MappedFile::Mode::read);
    const std::string& name = file.name();
    const Json json = parse_json_object(text_of(file), name);
    const auto size = [&](const char* key) { return static_cast<std::size_t>(json_integer(json, key, name)); };
    if (const std::string type = json_text(json, "model_type", name); type != "bitnet") {
        throw FileError(name, "\"model_type\" \"bitnet\"", in_quotes(type));
    }
    config_.layers = size("num_hidden_layers");
    config_.hidden = size("hidden_size");
    config_.ffn = size("intermediate_size");
    config_.heads = size("num_attention_heads");
    config_.kv_heads = size("num_key_value_heads");
    config_.vocab = size("vocab_size");
    config_.context = size("max_position_embeddings");
    const bool has_head_dim = json.contains("head_dim") && !json["head_dim"].is_null();
    config_.head_dim = has_head_dim ? size("head_dim") : config_.heads == 0 ? 0 : config_.hidden / config_.heads;
    config_.norm_eps = static_cast<float>(json_real(json, "rms_norm_eps", name));
    config_.rope_theta = read_theta(json, name);
    config_.validate(name);
    scale_divides_ = read_scale_divides(json, name);
}

bool HuggingFaceSource::contains(std::string_view tensor) const {
    const auto name = hugging_face_name(tensor);
    return name && tensors_.find(*name);
}

const Safetensors::Tensor& HuggingFaceSource::find(std::string_view tensor) const {
    const auto name = hugging_face_name(tensor);
    const Safetensors::Tensor* found = name ? tensors_.find(*name) : nullptr;
    if (!found) throw FileError(this->name(), "tensor " + in_quotes(name ? *name : tensor), "none of that name");
    if (found->shape.empty() || found->shape.size() > 2) {
        throw FileError(this->name(), "1 or 2 dimensions" + in_tensor(*name), std::to_string(found->shape.size()));
    }
    return *found;
}

DenseTensor HuggingFaceSource::dense(std::string_view tensor) const {
    const Safetensors::Tensor& stored = find(tensor);
    const NumberFormat* format = find_number_format(stored.dtype);
    if (!format) throw FileError(name(), "F32, F16 or BF16" + in_tensor(tensor), stored.dtype);
    return {std::string(tensor), format, stored.rows(), stored.cols(), stored.bytes};
}

TernaryTensor HuggingFaceSource::ternary(std::string_view tensor) const {
    const Safetensors::Tensor& stored = find(tensor);
    return stored.dtype == "U8" ? unpack(tensor, stored) : quantize_master(dense(tensor), name());
}

/// Bits 2i and 2i + 1 of packed row r hold row i * (rows / 4) + r, as trit + 1.
TernaryTensor HuggingFaceSource::unpack(std::string_view tensor, const Safetensors::Tensor& stored) const {
    const std::size_t quarter = stored.rows(), cols = stored.cols();
    const auto read = [bytes = stored.bytes, quarter, cols, file = name(), tensor = std::string(tensor)](
                          std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out) {
        unsigned seen = 0;  // a bit for each code
        for (std::size_t n = 0; n < row_count; ++n) {
            const std::size_t row = row_begin + n;
            const std::byte* packed = bytes.data() + row % quarter * cols;
            const std::size_t shift = 2 * (row / quarter);
            for (std::size_t k = 0; k < cols; ++k) {
                const unsigned code = static_cast<unsigned>(packed[k]) >> shift & 3u;
                seen |= 1u << code;
                out[n * cols + k] = static_cast<std::int8_t>(static_cast<int>(code) - 1);
            }
        }
        if (seen & 8u) throw FileError(file, "codes 0, 1 and 2" + in_tensor(tensor), "code 3");
    };
    return {std::string(tensor), "packed U8", 4 * quarter, cols, scale_of(tensor), {}, read};
}

float HuggingFaceSource::scale_of(std::string_view tensor) const {
    const std::string key = hugging_face_name(tensor).value_or("") + "_scale";
    const Safetensors::Tensor* stored = tensors_.find(key);
    if (!stored) throw FileError(name(), "tensor " + in_quotes(key), "none of that name");
    const NumberFormat* format = find_number_format(stored->dtype);
    if (!format || stored->bytes.size() != format->block_bytes) {
        throw FileError(name(), "one F32, F16 or BF16 number" + in_tensor(key),
                        stored->dtype + ", " + std::to_string(stored->bytes.size()) + " bytes");
    }
    float scale = 0;
    format->decode(stored->bytes.data(), 1, &scale);
    check_scale(name(), key, scale);
    if (scale_divides_) scale = 1 / scale;
    check_scale(name(), key, scale);
    return scale;
}

Vocabulary HuggingFaceSource::vocabulary() const {
    const auto exists = [&](const std::string& path) {
        std::error_code ignored;
        return std::filesystem::exists(path, ignored);
    };
    const std::string json = folder_ + "/tokenizer.json";
    if (exists(json)) {
        const MappedFile file(json, MappedFile::Mode::read);
        return read_tokenizer_json(text_of(file), json);
    }
    for (const char* place : {"/tokenizer.model", "/original/tokenizer.model"}) {
        if (exists(folder_ + place)) return read_tiktoken_file(folder_ + place);
    }
    throw FileError(folder_, "tokenizer.json or tokenizer.model", "neither");
}

}  // namespace bitnet
