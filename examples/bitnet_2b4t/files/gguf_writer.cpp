#include "gguf_writer.hpp"

#include <array>
#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace bitnet {
namespace {

constexpr std::array<std::byte, gguf_default_alignment> padding{};

std::span<const std::byte> padding_after(std::uint64_t size) {
    return std::span(padding).first(static_cast<std::size_t>(align_up(size, gguf_default_alignment) - size));
}

}  // namespace

template <class T>
void GgufWriter::append(std::vector<std::byte>& to, T value) {
    static_assert(std::is_arithmetic_v<T>);
    const std::size_t at = to.size();
    to.resize(at + sizeof value);
    std::memcpy(to.data() + at, &value, sizeof value);
}

void GgufWriter::append(std::vector<std::byte>& to, std::string_view text) {
    append(to, std::uint64_t{text.size()});
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    to.insert(to.end(), bytes.begin(), bytes.end());
}

void GgufWriter::begin_value(std::string_view key, GgufType type) {
    if (header_written_) throw std::logic_error("metadata after tensor data");
    append(values_, key);
    append(values_, static_cast<std::uint32_t>(type));
    ++value_count_;
}

void GgufWriter::add(std::string_view key, std::uint32_t value) {
    begin_value(key, GgufType::u32);
    append(values_, value);
}

void GgufWriter::add(std::string_view key, float value) {
    begin_value(key, GgufType::f32);
    append(values_, value);
}

void GgufWriter::add(std::string_view key, bool value) {
    begin_value(key, GgufType::boolean);
    append(values_, static_cast<std::uint8_t>(value));
}

void GgufWriter::add(std::string_view key, std::string_view text) {
    begin_value(key, GgufType::text);
    append(values_, text);
}

void GgufWriter::add(std::string_view key, std::span<const std::string> texts) {
    begin_value(key, GgufType::array);
    append(values_, static_cast<std::uint32_t>(GgufType::text));
    append(values_, std::uint64_t{texts.size()});
    for (const std::string& text : texts)
        append(values_, std::string_view(text));
}

void GgufWriter::add(std::string_view key, std::span<const std::int32_t> values) {
    begin_value(key, GgufType::array);
    append(values_, static_cast<std::uint32_t>(GgufType::i32));
    append(values_, std::uint64_t{values.size()});
    for (const std::int32_t value : values)
        append(values_, value);
}

void GgufWriter::add(std::string_view key, const GgufValue& value) {
    begin_value(key, value.is_array ? GgufType::array : value.type);
    if (value.is_array) {
        append(values_, static_cast<std::uint32_t>(value.type));
        append(values_, value.count);
    }
    values_.insert(values_.end(), value.bytes.begin(), value.bytes.end());
}

void GgufWriter::declare(std::string_view name, std::uint32_t type, std::span<const std::uint64_t> dims,
                         std::uint64_t bytes) {
    if (header_written_ || bytes == 0) throw std::logic_error("a tensor declared late or empty");
    append(infos_, name);
    append(infos_, static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t dim : dims)
        append(infos_, dim);
    append(infos_, type);
    append(infos_, data_size_);
    data_size_ += align_up(bytes, gguf_default_alignment);
    sizes_.push_back(bytes);
}

void GgufWriter::write_header() {
    std::vector<std::byte> start;
    for (const char c : gguf_magic)
        append(start, c);
    append(start, gguf_version);
    append(start, std::uint64_t{sizes_.size()});
    append(start, value_count_);
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

}  // namespace bitnet
