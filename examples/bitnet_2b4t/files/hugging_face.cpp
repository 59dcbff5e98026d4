#include "hugging_face.hpp"

#include <filesystem>
#include <utility>

#include "gguf_model_writer.hpp"
#include "master_weights.hpp"
#include "ternary_format.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {
namespace {

std::string in_tensor(std::string_view name) {
    return " in tensor " + in_quotes(name);
}

}  // namespace

HuggingFaceSource::HuggingFaceSource(std::unique_ptr<MappedFile> safetensors, const MappedFile& config,
                                     std::string folder)
    : file_(std::move(safetensors)),
      folder_(std::move(folder)),
      config_(read_hugging_face_config(config.text(), config.name())),
      tensors_(file_->bytes(), file_->name()) {}

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
    return {std::string(tensor), "U8", 4 * quarter, cols, scale_of(tensor), {}, read};
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
    if (config_.scale_divides) scale = 1 / scale;
    check_scale(name(), key, scale);
    return scale;
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
