#include "safetensors.hpp"

#include <utility>

#include <program/io/file_error.hpp>
#include <program/io/json_file.hpp>
#include "tensor_extents.hpp"
#include "tensor_format.hpp"

namespace bitnet {

using namespace program;
namespace {

constexpr std::size_t length_bytes = 8;

/// 0 for types that no part of a model has.
std::size_t bytes_of(std::string_view dtype) {
    constexpr std::pair<std::string_view, std::size_t> known[] = {
        {"BF16", 2}, {"F16", 2}, {"F32", 4}, {"F64", 8}, {"U8", 1},  {"I8", 1},
        {"BOOL", 1}, {"I16", 2}, {"U16", 2}, {"I32", 4}, {"U32", 4}, {"I64", 8},
    };
    for (const auto& [name, bytes] : known) {
        if (name == dtype) return bytes;
    }
    return 0;
}

std::vector<std::uint64_t> read_integers(const Json& entry, const std::string& key, const std::string& whose,
                                         const std::string& file) {
    const Json& list = json_member(entry, key, file);
    std::vector<std::uint64_t> integers;
    bool good = list.is_array() && list.size() <= 4;
    for (std::size_t i = 0; good && i < list.size(); ++i) {
        good = list[i].is_number_unsigned();
        if (good) integers.push_back(list[i].get<std::uint64_t>());
    }
    if (!good) throw FileError(file, "at most 4 integers of at least 0 in " + in_quotes(key) + whose, "something else");
    return integers;
}

Safetensors::Tensor read_tensor(const std::string& name, const Json& entry, std::span<const std::byte> data,
                                const std::string& file) {
    const std::string whose = " of tensor " + in_quotes(name);
    if (!entry.is_object()) throw FileError(file, "an object for tensor " + in_quotes(name), entry.type_name());
    Safetensors::Tensor tensor;
    tensor.dtype = json_text(entry, "dtype", file);
    tensor.shape = read_integers(entry, "shape", whose, file);
    const auto offsets = read_integers(entry, "data_offsets", whose, file);
    if (offsets.size() != 2) throw FileError(file, "2 \"data_offsets\"" + whose, offsets.size());
    const std::uint64_t begin = offsets[0], end = offsets[1];
    if (begin > end || end > data.size()) {
        throw FileError(file, joined("offsets", whose, " within ", data.size(), " bytes of data"),
                        joined(begin, " to ", end));
    }
    const std::uint64_t each = bytes_of(tensor.dtype);
    if (each == 0) throw FileError(file, "a known \"dtype\"" + whose, in_quotes(tensor.dtype));
    const std::uint64_t needed = checked_product(tensor.shape, each, name, file);
    if (end - begin != needed) throw FileError(file, joined(needed, " bytes", whose), end - begin);
    tensor.bytes = data.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(needed));
    return tensor;
}

}  // namespace

Safetensors::Safetensors(std::span<const std::byte> bytes, const std::string& file) {
    const std::uint64_t most = bytes.size() < length_bytes ? 0 : bytes.size() - length_bytes;
    const std::uint64_t length = most == 0 ? 0 : load<std::uint64_t>(bytes.data());
    if (length == 0 || length > most) {
        throw FileError(file, joined("a safetensors header of 1 to ", most, " bytes"), length);
    }
    const auto header = bytes.subspan(length_bytes, static_cast<std::size_t>(length));
    const auto data = bytes.subspan(length_bytes + header.size());
    const std::string_view text(reinterpret_cast<const char*>(header.data()), header.size());
    const Json entries = parse_json_object(text, file);
    for (const auto& [name, entry] : entries.items()) {
        if (name != "__metadata__") tensors_.emplace(name, read_tensor(name, entry, data, file));
    }
    std::vector<TensorExtent> extents;
    for (const auto& [name, tensor] : tensors_)
        extents.push_back({name, static_cast<std::uint64_t>(tensor.bytes.data() - data.data()), tensor.bytes.size()});
    check_extents(std::move(extents), file);
}

const Safetensors::Tensor* Safetensors::find(std::string_view name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
}

bool Safetensors::looks_like(std::span<const std::byte> bytes) {
    return bytes.size() > length_bytes && bytes[length_bytes] == std::byte{'{'};
}

}  // namespace bitnet
