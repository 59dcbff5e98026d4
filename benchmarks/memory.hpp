#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <ternion/core/aligned_buffer.hpp>

namespace bench {

/// Some copies of the same bytes, one after the other in memory.
struct Copies {
    const std::byte* data = nullptr;
    std::size_t stride = 0;
    std::size_t count = 0;

    [[nodiscard]] const std::byte* operator[](std::size_t i) const noexcept { return data + i * stride; }
    [[nodiscard]] std::size_t bytes() const noexcept { return stride * count; }
};

/// Packed bytes made on demand, under a name that says all about their content.
struct Content {
    std::string name;
    std::size_t bytes;
    std::function<ternion::AlignedBuffer<std::byte>()> make;
};

/// One copy of the content, which stays in the caches when it is read again and again.
Copies in_cache(const Content& content);

/// As many copies as fill `options().dram_bytes`, so that walking through them reads DRAM. There is one allocation for
/// all benchmarks, on huge pages where the kernel grants them; a call invalidates the result of the last one.
Copies in_dram(const Content& content);

/// That allocation, touched, whatever it holds.
Copies all_memory();

}  // namespace bench
