#include <algorithm>
#include <array>
#include <sstream>

#include "file_error.hpp"
#include "gguf.hpp"
#include "little_endian.hpp"

namespace bitnet {
namespace {

struct TypeEntry {
    std::string_view name;
    std::size_t size;
};

constexpr std::array<TypeEntry, gguf_type_count> types = {{{"u8", 1},
                                                           {"i8", 1},
                                                           {"u16", 2},
                                                           {"i16", 2},
                                                           {"u32", 4},
                                                           {"i32", 4},
                                                           {"f32", 4},
                                                           {"bool", 1},
                                                           {"text", 0},
                                                           {"array", 0},
                                                           {"u64", 8},
                                                           {"i64", 8},
                                                           {"f64", 8}}};

bool is_integer(GgufType type) {
    return type <= GgufType::i32 || type == GgufType::u64 || type == GgufType::i64;
}

/// Any integer type, as the 64 bits of its value; `negative` tells what they mean.
struct Integer {
    std::uint64_t bits;
    bool negative;
};

template <class T>
Integer widened(const std::byte* from) {
    const T number = load<T>(from);
    return {static_cast<std::uint64_t>(number), number < T{}};
}

Integer integer_at(GgufType type, const std::byte* from) {
    switch (type) {
        case GgufType::u8:
            return {load<std::uint8_t>(from), false};
        case GgufType::i8:
            return widened<std::int8_t>(from);
        case GgufType::u16:
            return {load<std::uint16_t>(from), false};
        case GgufType::i16:
            return widened<std::int16_t>(from);
        case GgufType::u32:
            return {load<std::uint32_t>(from), false};
        case GgufType::i32:
            return widened<std::int32_t>(from);
        case GgufType::i64:
            return widened<std::int64_t>(from);
        default:
            return {load<std::uint64_t>(from), false};
    }
}

std::string describe(const GgufValue& value) {
    const std::string type(name_of(value.type));
    return value.is_array ? "an array of " + std::to_string(value.count) + " " + type : type;
}

std::string_view text_at(const std::byte* from) {
    return {reinterpret_cast<const char*>(from) + 8, static_cast<std::size_t>(load<std::uint64_t>(from))};
}

/// The value of that type at `from`, which then points behind it.
std::string text_of(GgufType type, const std::byte*& from) {
    const std::byte* at = from;
    from += type == GgufType::text ? 8 + text_at(at).size() : size_of(type);
    if (type == GgufType::text) return in_quotes(text_at(at));
    if (type == GgufType::boolean) return load<std::uint8_t>(at) != 0 ? "true" : "false";
    std::ostringstream text;
    if (type == GgufType::f32) {
        text << load<float>(at);
    } else if (type == GgufType::f64) {
        text << load<double>(at);
    } else {
        const Integer number = integer_at(type, at);
        number.negative ? text << static_cast<std::int64_t>(number.bits) : text << number.bits;
    }
    return text.str();
}

}  // namespace

std::string_view name_of(GgufType type) {
    return types[static_cast<std::size_t>(type)].name;
}

std::size_t size_of(GgufType type) {
    return types[static_cast<std::size_t>(type)].size;
}

std::string to_text(const GgufValue& value) {
    const std::byte* at = value.bytes.data();
    if (!value.is_array) return text_of(value.type, at);
    std::string text = std::to_string(value.count) + " of " + std::string(name_of(value.type));
    if (value.type == GgufType::array) return text;
    const std::uint64_t shown = std::min<std::uint64_t>(value.count, 5);
    for (std::uint64_t i = 0; i < shown; ++i)
        text += (i == 0 ? ": " : ", ") + text_of(value.type, at);
    return shown < value.count ? text + ", ..." : text;
}

const GgufValue& Gguf::value(std::string_view key, std::string_view expected) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end())
        throw FileError(file_, in_quotes(key) + " (" + std::string(expected) + ")", "no such key");
    return found->second;
}

std::uint64_t Gguf::integer(std::string_view key) const {
    const GgufValue& found = value(key, "an integer");
    const std::string expected = "an integer of at least 0 in " + in_quotes(key);
    if (found.is_array || !is_integer(found.type)) throw FileError(file_, expected, describe(found));
    const Integer number = integer_at(found.type, found.bytes.data());
    if (number.negative) throw FileError(file_, expected, std::to_string(static_cast<std::int64_t>(number.bits)));
    return number.bits;
}

double Gguf::real(std::string_view key) const {
    const GgufValue& found = value(key, "a real number");
    if (!found.is_array && found.type == GgufType::f32) return static_cast<double>(load<float>(found.bytes.data()));
    if (!found.is_array && found.type == GgufType::f64) return load<double>(found.bytes.data());
    throw FileError(file_, "a real number in " + in_quotes(key), describe(found));
}

std::string_view Gguf::text(std::string_view key) const {
    const GgufValue& found = value(key, "text");
    if (found.is_array || found.type != GgufType::text) {
        throw FileError(file_, "text in " + in_quotes(key), describe(found));
    }
    return text_at(found.bytes.data());
}

std::vector<std::string_view> Gguf::texts(std::string_view key) const {
    const GgufValue& found = value(key, "an array of texts");
    if (!found.is_array || found.type != GgufType::text) {
        throw FileError(file_, "an array of texts in " + in_quotes(key), describe(found));
    }
    std::vector<std::string_view> texts(static_cast<std::size_t>(found.count));
    const std::byte* at = found.bytes.data();  // the lengths were checked when the header was read
    for (std::string_view& text : texts) {
        text = text_at(at);
        at += 8 + text.size();
    }
    return texts;
}

std::vector<std::int64_t> Gguf::integers(std::string_view key) const {
    const GgufValue& found = value(key, "an array of integers");
    if (!found.is_array || !is_integer(found.type)) {
        throw FileError(file_, "an array of integers in " + in_quotes(key), describe(found));
    }
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(found.count));
    const std::byte* at = found.bytes.data();
    for (std::int64_t& number : numbers) {
        const Integer integer = integer_at(found.type, at);
        if (!integer.negative && integer.bits > INT64_MAX) {
            throw FileError(file_, "integers below 2^63 in " + in_quotes(key), std::to_string(integer.bits));
        }
        number = static_cast<std::int64_t>(integer.bits);
        at += size_of(found.type);
    }
    return numbers;
}

}  // namespace bitnet
