#pragma once

#include <cstddef>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace ternion {

/// Where the memory of large arrays comes from: aligned to a cache line, and from `huge_page` bytes up aligned to a
/// huge page and offered to the kernel for backing by huge pages (Linux, transparent_hugepage = madvise or always). A
/// GEMV that streams weights then misses the TLB 512 times less often; docs/tried.md has the measured difference.
/// Elsewhere, or when the kernel declines, it is ordinary memory.
struct PageMemory {
    static constexpr std::size_t alignment = 64;
    static constexpr std::size_t huge_page = std::size_t{2} << 20;

    [[nodiscard]] static void* allocate(std::size_t bytes) {
        void* memory = ::operator new(bytes, align(bytes));
#if defined(MADV_HUGEPAGE)
        if (bytes >= huge_page) (void)::madvise(memory, bytes, MADV_HUGEPAGE);
#endif
        return memory;
    }

    static void release(void* memory, std::size_t bytes) noexcept { ::operator delete(memory, align(bytes)); }

 private:
    static std::align_val_t align(std::size_t bytes) noexcept {
        return std::align_val_t{bytes >= huge_page ? huge_page : alignment};
    }
};

}  // namespace ternion
