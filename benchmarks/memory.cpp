#include "memory.hpp"

#include <algorithm>
#include <cstring>
#include <ternion/core/shape.hpp>

#include "options.hpp"

namespace bench {

namespace {

struct Arena {
    ternion::AlignedBuffer<std::byte> memory;
    std::string name;
    Copies copies;
};

Arena& arena() {
    static Arena only;
    return only;
}

/// Makes room; a little more than asked for, so that one allocation serves packings of slightly different sizes.
void reserve(std::size_t bytes) {
    auto& memory = arena().memory;
    if (memory.size() >= bytes) return;
    arena().name.clear();
    memory = {};
    memory = ternion::AlignedBuffer<std::byte>(std::max(bytes, options().dram_bytes) + options().dram_bytes / 16);
}

Copies fill(const Content& content, std::size_t count) {
    auto& [memory, name, copies] = arena();
    if (name == content.name && copies.count >= count) return {copies.data, copies.stride, count};
    const std::size_t stride = ternion::round_up(content.bytes, 64);
    name.clear();
    reserve(stride * count);
    const auto packed = content.make();
    for (std::size_t i = 0; i < count; ++i)
        std::memcpy(memory.data() + i * stride, packed.data(), content.bytes);
    name = content.name;
    copies = {memory.data(), stride, count};
    return copies;
}

}  // namespace

Copies in_cache(const Content& content) {
    return fill(content, 1);
}

Copies in_dram(const Content& content) {
    return fill(content, ternion::ceil_div(options().dram_bytes, ternion::round_up(content.bytes, 64)));
}

Copies all_memory() {
    reserve(options().dram_bytes);
    return {arena().memory.data(), options().dram_bytes, 1};
}

}  // namespace bench
