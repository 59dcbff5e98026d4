#include "gguf.hpp"

#include <utility>

#include "file_error.hpp"
#include "gguf_cursor.hpp"

namespace bitnet {
namespace {

constexpr int deepest_array = 4;

void check_start(GgufCursor& cursor, std::span<const std::byte> bytes, const std::string& file) {
    const std::string_view start(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 4));
    if (start != gguf_magic) throw FileError(file, "a GGUF file, which begins with \"GGUF\"", in_quotes(start));
    cursor.take(gguf_magic.size(), "the magic number");
    const auto version = cursor.number<std::uint32_t>("the version");
    if (version == gguf_version) return;
    const bool swapped = version != 0 && (version & 0xffffU) == 0;
    throw FileError(file, "GGUF version 3", swapped ? "a big-endian file" : "version " + std::to_string(version));
}

void skip_elements(GgufCursor& cursor, GgufType type, std::uint64_t count, const std::string& file, int depth) {
    if (const std::size_t size = size_of(type); size != 0) {
        // More elements than bytes are left can't be; up to there the product can't wrap.
        const bool too_many = count > cursor.left();
        cursor.take(too_many ? count : count * size, "an array");
        return;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        if (type == GgufType::text) {
            cursor.text("an array of texts");
            continue;
        }
        if (depth == deepest_array) throw FileError(file, "arrays at most 4 deep", "a deeper one");
        const GgufType inner = cursor.type("an array");
        const auto inner_count = cursor.number<std::uint64_t>("an array");
        skip_elements(cursor, inner, inner_count, file, depth + 1);
    }
}

GgufValue read_value(GgufCursor& cursor, std::span<const std::byte> bytes, const std::string& file) {
    GgufValue value;
    value.type = cursor.type("a metadata value");
    value.is_array = value.type == GgufType::array;
    if (value.is_array) {
        value.type = cursor.type("an array");
        value.count = cursor.number<std::uint64_t>("an array");
    }
    const std::size_t begin = cursor.position();
    skip_elements(cursor, value.type, value.count, file, 1);
    value.bytes = bytes.subspan(begin, cursor.position() - begin);
    return value;
}

std::vector<std::uint64_t> read_dims(GgufCursor& cursor, std::string_view name, const std::string& file) {
    const auto count = cursor.number<std::uint32_t>("a tensor's dimensions");
    if (count < 1 || count > 4) {
        throw FileError(file, "1 to 4 dimensions of tensor " + in_quotes(name), std::to_string(count));
    }
    std::vector<std::uint64_t> dims(count);
    std::uint64_t product = 1;
    for (std::uint64_t& dim : dims) {
        dim = cursor.number<std::uint64_t>("a tensor's dimensions");
        if (dim == 0) throw FileError(file, "dimensions of at least 1 of tensor " + in_quotes(name), "0");
        if (dim > (std::uint64_t{1} << 62) / product) {
            throw FileError(file, "the size of tensor " + in_quotes(name) + " is beyond 2^62");
        }
        product *= dim;
    }
    return dims;
}

std::uint64_t read_alignment(const Gguf& gguf) {
    if (!gguf.contains("general.alignment")) return gguf_default_alignment;
    const std::uint64_t alignment = gguf.integer("general.alignment");
    const bool power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
    if (!power_of_two || alignment > (1U << 20)) {
        throw FileError(gguf.file(), "a power of two up to 2^20 in \"general.alignment\"", std::to_string(alignment));
    }
    return alignment;
}

void check_offset(const GgufTensor& tensor, std::uint64_t alignment, std::size_t size, const std::string& file) {
    const std::string whose = " of tensor " + in_quotes(tensor.name);
    if (tensor.offset % alignment != 0) {
        throw FileError(file, "an offset" + whose + " that is a multiple of " + std::to_string(alignment),
                        std::to_string(tensor.offset));
    }
    if (tensor.offset > size) {
        throw FileError(file, "an offset" + whose + " within the " + std::to_string(size) + " bytes of data",
                        std::to_string(tensor.offset));
    }
}

}  // namespace

std::size_t GgufTensor::rows() const {
    std::uint64_t rows = 1;
    for (std::size_t i = 1; i < dims.size(); ++i)
        rows *= dims[i];
    return static_cast<std::size_t>(rows);
}

Gguf::Gguf(std::span<const std::byte> bytes, std::string file) : file_(std::move(file)) {
    GgufCursor cursor(bytes, file_);
    check_start(cursor, bytes, file_);
    const auto tensor_count = cursor.number<std::uint64_t>("the number of tensors");
    const auto value_count = cursor.number<std::uint64_t>("the number of metadata values");
    for (std::uint64_t i = 0; i < value_count; ++i) {
        const std::string_view key = cursor.text("a metadata key");
        if (!metadata_.try_emplace(key, read_value(cursor, bytes, file_)).second) {
            throw FileError(file_, "each key once", in_quotes(key) + " twice");
        }
    }
    const std::uint64_t alignment = read_alignment(*this);
    for (std::uint64_t i = 0; i < tensor_count; ++i) {
        GgufTensor tensor;
        tensor.name = cursor.text("a tensor's name");
        tensor.dims = read_dims(cursor, tensor.name, file_);
        tensor.type = cursor.number<std::uint32_t>("a tensor's type");
        tensor.offset = cursor.number<std::uint64_t>("a tensor's offset");
        if (!tensor_index_.try_emplace(tensor.name, tensors_.size()).second) {
            throw FileError(file_, "each tensor once", in_quotes(tensor.name) + " twice");
        }
        tensors_.push_back(std::move(tensor));
    }
    const std::uint64_t begin = align_up(cursor.position(), alignment);
    if (begin <= bytes.size()) data_ = bytes.subspan(static_cast<std::size_t>(begin));
    for (const GgufTensor& tensor : tensors_)
        check_offset(tensor, alignment, data_.size(), file_);
}

const GgufTensor* Gguf::find_tensor(std::string_view name) const {
    const auto found = tensor_index_.find(name);
    return found == tensor_index_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace bitnet
