#include "gguf_source.hpp"

#include <utility>

#include "gguf_vocabulary.hpp"
#include "gguf_writer.hpp"
#include "tensor_format.hpp"

namespace bitnet {

using namespace program;
namespace {

std::string_view read_architecture(const Gguf& gguf) {
    const std::string_view found = gguf.text("general.architecture");
    if (found == "bitnet-b1.58" || found == "bitnet-25") return found;
    throw FileError(gguf.file(), "architecture \"bitnet-b1.58\" or \"bitnet-25\"", in_quotes(found));
}

/// Only called for models of the BitNet architectures: elsewhere 39 is MXFP4.
std::string describe_type(std::uint32_t type) {
    constexpr const char* tiled = ", whose byte order depends on tile sizes that the file doesn't hold";
    if (type == 38) return std::string("TL1 (38)") + tiled;
    if (type == 39) return std::string("TL2 (39)") + tiled;
    if (const TernaryFormat* format = find_ternary_format(type)) return std::string(format->name);
    if (const NumberFormat* format = find_number_format(type)) return std::string(format->name);
    return joined("type ", type);
}

std::string type_in(const GgufTensor& tensor) {
    return " in tensor " + in_quotes(tensor.name);
}

}  // namespace

GgufSource::GgufSource(std::unique_ptr<MappedFile> file)
    : file_(std::move(file)), gguf_(file_->bytes(), file_->name()), architecture_(read_architecture(gguf_)) {
    for (const GgufTensor& tensor : gguf_.tensors())
        bytes_of(tensor);
}

Config GgufSource::config() const {
    Config config;
    for (const auto& [size, name, hugging_face] : size_names) {
        // Older files don't say it.
        const bool vocab = size == &Config::vocab && !gguf_.contains(key(name));
        config.*size = vocab ? find("token_embd.weight").rows() : static_cast<std::size_t>(gguf_.integer(key(name)));
    }
    config.norm_eps = static_cast<float>(gguf_.real(key("attention.layer_norm_rms_epsilon")));
    config.rope_theta = static_cast<float>(gguf_.real(key("rope.freq_base")));
    config.validate(name());
    return config;
}

TernaryTensor GgufSource::ternary(std::string_view name) const {
    const GgufTensor& tensor = find(name);
    const TernaryFormat* format = find_ternary_format(tensor.type);
    if (!format) return quantize_master(dense(name), this->name());
    return format->open(
        {this->name(), std::string(name), std::string(format->name), tensor.rows(), tensor.cols(), bytes_of(tensor)});
}

DenseTensor GgufSource::dense(std::string_view name) const {
    const GgufTensor& tensor = find(name);
    const NumberFormat* format = find_number_format(tensor.type);
    if (!format) {
        throw FileError(this->name(), "F32, F16, BF16, Q8_0 or Q6_K" + type_in(tensor), describe_type(tensor.type));
    }
    return {std::string(name), format, tensor.rows(), tensor.cols(), bytes_of(tensor)};
}

std::vector<std::pair<std::string, std::string>> GgufSource::metadata() const {
    std::vector<std::pair<std::string, std::string>> texts;
    for (const auto& [key, value] : gguf_.metadata())
        texts.emplace_back(key, to_text(value));
    return texts;
}

/// All that is there, but for what the writer decides.
void GgufSource::add_metadata(GgufWriter& writer) const {
    for (const auto& [key, value] : gguf_.metadata()) {
        if (key != "general.alignment" && key != "general.file_type") writer.add(key, value);
    }
    writer.add("general.file_type", gguf_file_type_i2s);
}

Vocabulary GgufSource::vocabulary() const {
    return read_gguf_vocabulary(gguf_);
}

const GgufTensor& GgufSource::find(std::string_view tensor) const {
    if (const GgufTensor* found = gguf_.find_tensor(tensor)) return *found;
    throw FileError(name(), "tensor " + in_quotes(tensor), "none of that name");
}

std::size_t GgufSource::size_of(const GgufTensor& tensor) const {
    const std::size_t rows = tensor.rows(), cols = tensor.cols();
    if (const TernaryFormat* format = find_ternary_format(tensor.type)) {
        if (const std::size_t bytes = format->bytes(rows, cols)) return bytes;
        throw FileError(name(), "a shape that fits " + describe_type(tensor.type) + type_in(tensor),
                        joined(rows, " x ", cols));
    }
    const NumberFormat* format = find_number_format(tensor.type);
    if (!format)
        throw FileError(name(), "a type that this program reads" + type_in(tensor), describe_type(tensor.type));
    if (cols % format->block_values != 0) {
        throw FileError(name(), joined("rows of a multiple of ", format->block_values, type_in(tensor)), cols);
    }
    // At most 2^62 values. Only F32 needs so many bytes for each that a product could wrap.
    const std::size_t values = rows * cols;
    return values > SIZE_MAX / 4 ? SIZE_MAX : format->bytes(values);
}

std::span<const std::byte> GgufSource::bytes_of(const GgufTensor& tensor) const {
    const std::size_t size = size_of(tensor);
    const auto rest = gguf_.data().subspan(static_cast<std::size_t>(tensor.offset));
    if (size <= rest.size()) return rest.first(size);
    throw FileError(name(), joined(size, " bytes", type_in(tensor), " (truncated?)"),
                    joined(rest.size(), " up to the end of the file"));
}

}  // namespace bitnet
