#include "gguf_writer.hpp"

#include <array>
#include <stdexcept>

#include "tensor_format.hpp"

namespace bitnet {

using namespace program;
namespace {

constexpr std::array<std::byte, gguf_default_alignment> padding{};

std::span<const std::byte> padding_after(std::uint64_t size) {
    return std::span(padding).first(static_cast<std::size_t>(align_up(size, gguf_default_alignment) - size));
}

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

/// Numbers, and enumerations by their numbers.
template <class T>
void append_number(std::vector<std::byte>& to, T value) {
    append(to, std::as_bytes(std::span(&value, 1)));
}

void append_text(std::vector<std::byte>& to, std::string_view text) {
    append_number(to, std::uint64_t{text.size()});
    append(to, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

void GgufWriter::add(std::string_view key, std::string_view text) {
    std::vector<std::byte> bytes;
    append_text(bytes, text);
    add(key, GgufValue{GgufType::text, false, 1, bytes});
}

void GgufWriter::add(std::string_view key, std::span<const std::string> texts) {
    std::vector<std::byte> bytes;
    for (const std::string& text : texts)
        append_text(bytes, text);
    add(key, GgufValue{GgufType::text, true, texts.size(), bytes});
}

void GgufWriter::add(std::string_view key, const GgufValue& value) {
    if (header_written_) throw std::logic_error("metadata after tensor data");
    append_text(values_, key);
    if (value.is_array) append_number(values_, GgufType::array);
    append_number(values_, value.type);
    if (value.is_array) append_number(values_, value.count);
    append(values_, value.bytes);
    ++value_count_;
}

void GgufWriter::declare(std::string_view name, std::uint32_t type, std::span<const std::uint64_t> dims,
                         std::uint64_t bytes) {
    if (header_written_ || bytes == 0) throw std::logic_error("a tensor declared late or empty");
    append_text(infos_, name);
    append_number(infos_, static_cast<std::uint32_t>(dims.size()));
    append(infos_, std::as_bytes(dims));
    append_number(infos_, type);
    append_number(infos_, data_size_);
    data_size_ += align_up(bytes, gguf_default_alignment);
    sizes_.push_back(bytes);
}

void GgufWriter::write_header() {
    std::vector<std::byte> start;
    append(start, std::as_bytes(std::span(gguf_magic.data(), gguf_magic.size())));
    append_number(start, gguf_version);
    append_number(start, std::uint64_t{sizes_.size()});
    append_number(start, value_count_);
    for (const auto& part : {start, values_, infos_})
        file_.write(part);
    file_.write(padding_after(start.size() + values_.size() + infos_.size()));
    header_written_ = true;
}

void GgufWriter::write(std::span<const std::byte> bytes) {
    if (!header_written_) write_header();
    if (tensor_ == sizes_.size() || bytes.size() > sizes_[tensor_] - written_) {
        throw std::logic_error("more tensor data than declared");
    }
    file_.write(bytes);
    written_ += bytes.size();
    if (written_ < sizes_[tensor_]) return;
    file_.write(padding_after(written_));
    ++tensor_;
    written_ = 0;
}

void GgufWriter::finish() {
    if (!header_written_) write_header();
    if (tensor_ != sizes_.size()) throw std::logic_error("less tensor data than declared");
    file_.finish();
}

void declare(GgufWriter& writer, const ModelTensor& tensor, std::uint32_t type, std::uint64_t bytes) {
    const std::array<std::uint64_t, 2> dims = {tensor.cols, tensor.rows};
    writer.declare(tensor.name, type, std::span(dims).first(tensor.kind == TensorKind::norm ? 1 : 2), bytes);
}

void write_i2s_tail(GgufWriter& writer, float scale) {
    const std::array<float, i2s_tail / sizeof(float)> tail{scale};
    writer.write(std::as_bytes(std::span(tail)));
}

}  // namespace bitnet
