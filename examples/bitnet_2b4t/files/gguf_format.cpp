#include "gguf_format.hpp"

#include <array>

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

}  // namespace

std::string_view name_of(GgufType type) {
    return types[static_cast<std::size_t>(type)].name;
}

std::size_t size_of(GgufType type) {
    return types[static_cast<std::size_t>(type)].size;
}

}  // namespace bitnet
