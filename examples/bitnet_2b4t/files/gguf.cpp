#include "gguf.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <utility>

#include <program/io/file_error.hpp>
#include "tensor_format.hpp"

namespace bitnet {

using namespace program;
namespace {

struct TypeInfo {
    std::string_view name;
    std::size_t size;  // of one value; 0 where sizes vary
    enum { natural, integer, real, other } kind;
};

constexpr TypeInfo types[] = {
    {"u8", 1, TypeInfo::natural},  {"i8", 1, TypeInfo::integer},  {"u16", 2, TypeInfo::natural},
    {"i16", 2, TypeInfo::integer}, {"u32", 4, TypeInfo::natural}, {"i32", 4, TypeInfo::integer},
    {"f32", 4, TypeInfo::real},    {"bool", 1, TypeInfo::other},  {"text", 0, TypeInfo::other},
    {"array", 0, TypeInfo::other}, {"u64", 8, TypeInfo::natural}, {"i64", 8, TypeInfo::integer},
    {"f64", 8, TypeInfo::real},
};

const TypeInfo& info(GgufType type) {
    return types[static_cast<std::size_t>(type)];
}

bool is_integer(GgufType type) {
    return info(type).kind == TypeInfo::natural || info(type).kind == TypeInfo::integer;
}

bool is_real(GgufType type) {
    return info(type).kind == TypeInfo::real;
}

bool is_text(GgufType type) {
    return type == GgufType::text;
}

/// Of any integer type; one of u64 above 2^63 - 1 comes out negative.
std::int64_t integer_at(GgufType type, const std::byte* from) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, from, info(type).size);
    const unsigned unused = 64 - 8 * static_cast<unsigned>(info(type).size);
    const bool natural = info(type).kind == TypeInfo::natural;
    return natural ? static_cast<std::int64_t>(bits) : static_cast<std::int64_t>(bits << unused) >> unused;
}

double real_at(GgufType type, const std::byte* from) {
    return type == GgufType::f32 ? static_cast<double>(load<float>(from)) : load<double>(from);
}

std::string_view text_at(const std::byte* from) {
    return {reinterpret_cast<const char*>(from) + 8, static_cast<std::size_t>(load<std::uint64_t>(from))};
}

/// The value of that type at `from`, which then points behind it.
std::string printed(GgufType type, const std::byte*& from) {
    const std::byte* at = from;
    from += is_text(type) ? 8 + text_at(at).size() : info(type).size;
    if (is_text(type)) return in_quotes(text_at(at));
    if (type == GgufType::boolean) return load<std::uint8_t>(at) != 0 ? "true" : "false";
    if (type == GgufType::u64) return joined(load<std::uint64_t>(at));
    if (is_integer(type)) return joined(integer_at(type, at));
    std::ostringstream text;
    text << real_at(type, at);
    return text.str();
}

/// Reads a header front to back and never past the end of the file. `what` says what is being read, for the message.
class Cursor {
 public:
    Cursor(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(file) {}

    std::size_t position() const { return at_; }

    std::span<const std::byte> take(std::uint64_t count, const char* what) {
        const std::size_t left = bytes_.size() - at_;
        if (count > left) {
            throw FileError(file_, joined(count, " bytes of ", what, " at offset ", at_),
                            joined(left, " up to the end of the file"));
        }
        const auto taken = bytes_.subspan(at_, static_cast<std::size_t>(count));
        at_ += taken.size();
        return taken;
    }

    template <class T>
    T number(const char* what) {
        return load<T>(take(sizeof(T), what).data());
    }

    std::string_view text(const char* what) {
        const auto taken = take(number<std::uint64_t>(what), what);
        return {reinterpret_cast<const char*>(taken.data()), taken.size()};
    }

    void start() {
        const std::string_view start(reinterpret_cast<const char*>(bytes_.data()),
                                     std::min<std::size_t>(bytes_.size(), 4));
        if (start != gguf_magic) throw FileError(file_, "a GGUF file, which begins with \"GGUF\"", in_quotes(start));
        take(gguf_magic.size(), "the magic number");
        const auto version = number<std::uint32_t>("the version");
        if (version == gguf_version) return;
        const bool swapped = version != 0 && (version & 0xffffU) == 0;
        throw FileError(file_, "GGUF version 3", swapped ? "a big-endian file" : joined("version ", version));
    }

    GgufValue value() {
        GgufValue value;
        value.type = type("a metadata value");
        value.is_array = value.type == GgufType::array;
        if (value.is_array) {
            value.type = type("an array");
            value.count = number<std::uint64_t>("an array");
        }
        const std::size_t begin = at_;
        skip_elements(value.type, value.count, 1);
        value.bytes = bytes_.subspan(begin, at_ - begin);
        return value;
    }

    GgufTensor tensor() {
        GgufTensor tensor;
        tensor.name = text("a tensor's name");
        tensor.dims = dims(tensor.name);
        tensor.type = number<std::uint32_t>("a tensor's type");
        tensor.offset = number<std::uint64_t>("a tensor's offset");
        return tensor;
    }

 private:
    GgufType type(const char* what) {
        const auto type = number<std::uint32_t>(what);
        if (type < std::size(types)) return static_cast<GgufType>(type);
        throw FileError(file_, joined("a type of 0 to 12 in ", what), type);
    }

    void skip_elements(GgufType type, std::uint64_t count, int depth) {
        if (const std::size_t size = info(type).size; size != 0) {
            // More elements than there are bytes can't be; up to there the product can't wrap.
            take(count > bytes_.size() ? count : count * size, "an array");
            return;
        }
        for (std::uint64_t i = 0; i < count; ++i) {
            if (is_text(type)) {
                text("an array of texts");
                continue;
            }
            if (depth == 4) throw FileError(file_, "arrays at most 4 deep", "a deeper one");
            const GgufType inner = this->type("an array");
            skip_elements(inner, number<std::uint64_t>("an array"), depth + 1);
        }
    }

    std::vector<std::uint64_t> dims(std::string_view tensor) {
        const auto count = number<std::uint32_t>("a tensor's dimensions");
        if (count < 1 || count > 4) {
            throw FileError(file_, "1 to 4 dimensions of tensor " + in_quotes(tensor), count);
        }
        std::vector<std::uint64_t> dims(count);
        for (std::uint64_t& dim : dims)
            dim = number<std::uint64_t>("a tensor's dimensions");
        checked_product(dims, 1, tensor, file_);
        return dims;
    }

    std::span<const std::byte> bytes_;
    const std::string& file_;
    std::size_t at_ = 0;
};

std::uint64_t read_alignment(const Gguf& gguf) {
    if (!gguf.contains("general.alignment")) return gguf_default_alignment;
    const std::uint64_t alignment = gguf.integer("general.alignment");
    if (std::has_single_bit(alignment) && alignment <= 1U << 20) return alignment;
    throw FileError(gguf.file(), "a power of two up to 2^20 in \"general.alignment\"", alignment);
}

void check_offset(const GgufTensor& tensor, std::uint64_t alignment, std::size_t size, const std::string& file) {
    const std::string offset = "an offset of tensor " + in_quotes(tensor.name);
    if (tensor.offset % alignment != 0) {
        throw FileError(file, joined(offset, " that is a multiple of ", alignment), tensor.offset);
    }
    if (tensor.offset <= size) return;
    throw FileError(file, joined(offset, " within the ", size, " bytes of data"), tensor.offset);
}

}  // namespace

std::string to_text(const GgufValue& value) {
    const std::byte* at = value.bytes.data();
    if (!value.is_array) return printed(value.type, at);
    std::string text = joined(value.count, " of ", info(value.type).name);
    if (value.type == GgufType::array) return text;
    const std::uint64_t shown = std::min<std::uint64_t>(value.count, 5);
    for (std::uint64_t i = 0; i < shown; ++i)
        text += (i == 0 ? ": " : ", ") + printed(value.type, at);
    return shown < value.count ? text + ", ..." : text;
}

std::size_t GgufTensor::rows() const {
    std::uint64_t rows = 1;
    for (std::size_t i = 1; i < dims.size(); ++i)
        rows *= dims[i];
    return static_cast<std::size_t>(rows);
}

Gguf::Gguf(std::span<const std::byte> bytes, std::string file) : file_(std::move(file)) {
    Cursor cursor(bytes, file_);
    cursor.start();
    const auto tensor_count = cursor.number<std::uint64_t>("the number of tensors");
    const auto value_count = cursor.number<std::uint64_t>("the number of metadata values");
    for (std::uint64_t i = 0; i < value_count; ++i) {
        const std::string_view key = cursor.text("a metadata key");
        if (metadata_.try_emplace(key, cursor.value()).second) {
            used_.try_emplace(key, false);
            continue;
        }
        throw FileError(file_, "each key once", in_quotes(key) + " twice");
    }
    const std::uint64_t alignment = read_alignment(*this);
    for (std::uint64_t i = 0; i < tensor_count; ++i) {
        const GgufTensor& tensor = tensors_.emplace_back(cursor.tensor());
        if (tensor_index_.try_emplace(tensor.name, i).second) continue;
        throw FileError(file_, "each tensor once", in_quotes(tensor.name) + " twice");
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

bool Gguf::is_used(std::string_view key) const {
    const auto found = used_.find(key);
    return found != used_.end() && found->second;
}

void Gguf::use(std::string_view key) const {
    if (const auto found = used_.find(key); found != used_.end()) found->second = true;
}

const GgufValue& Gguf::value(std::string_view key, const char* expected, bool is_array,
                             bool (*matches)(GgufType)) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end()) throw FileError(file_, in_quotes(key) + " (" + expected + ")", "no such key");
    use(key);
    const GgufValue& value = found->second;
    if (value.is_array == is_array && matches(value.type)) return value;
    throw FileError(file_, joined(expected, " in ", in_quotes(key)),
                    joined(value.is_array ? joined("an array of ", value.count, " ") : "", info(value.type).name));
}

std::uint64_t Gguf::integer(std::string_view key) const {
    constexpr const char* expected = "an integer of at least 0";
    const GgufValue& found = value(key, expected, false, is_integer);
    const std::int64_t number = integer_at(found.type, found.bytes.data());
    if (number >= 0 || found.type == GgufType::u64) return static_cast<std::uint64_t>(number);
    throw FileError(file_, joined(expected, " in ", in_quotes(key)), number);
}

double Gguf::real(std::string_view key) const {
    const GgufValue& found = value(key, "a real number", false, is_real);
    return real_at(found.type, found.bytes.data());
}

bool Gguf::flag(std::string_view key) const {
    use(key);
    const auto place = metadata_.find(key);
    if (place == metadata_.end()) throw FileError(file_, in_quotes(key) + " (true or false)", "no such key");
    const GgufValue& found = place->second;
    if (found.type != GgufType::boolean || found.is_array)
        throw FileError(file_, "true or false in " + in_quotes(key), to_text(found));
    return load<std::uint8_t>(found.bytes.data()) != 0;
}

std::string_view Gguf::text(std::string_view key) const {
    return text_at(value(key, "text", false, is_text).bytes.data());
}

std::vector<std::string_view> Gguf::texts(std::string_view key) const {
    const GgufValue& found = value(key, "an array of texts", true, is_text);
    std::vector<std::string_view> texts(static_cast<std::size_t>(found.count));
    const std::byte* at = found.bytes.data();  // the lengths were checked when the header was read
    for (std::string_view& text : texts) {
        text = text_at(at);
        at += 8 + text.size();
    }
    return texts;
}

std::vector<std::int64_t> Gguf::integers(std::string_view key) const {
    const GgufValue& found = value(key, "an array of integers", true, is_integer);
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(found.count));
    const std::byte* at = found.bytes.data();
    for (std::int64_t& number : numbers) {
        number = integer_at(found.type, at);
        at += info(found.type).size;
        if (found.type != GgufType::u64 || number >= 0) continue;
        throw FileError(file_, "integers below 2^63 in " + in_quotes(key), static_cast<std::uint64_t>(number));
    }
    return numbers;
}

}  // namespace bitnet
