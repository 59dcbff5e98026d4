#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "config.hpp"
#include "page_memory.hpp"

namespace ternion {

/// An owning array of trivial values, aligned to a cache line. Unlike std::vector it states its alignment, `resize`
/// keeps the memory that is there (a workspace that has once been large enough allocates no more), and `uninitialized`
/// leaves the first touch of a page to the thread that fills it.
template <class T>
requires std::is_trivially_copyable_v<T>
class AlignedBuffer {
 public:
    AlignedBuffer() = default;

    /// An array of `count` zeros.
    explicit AlignedBuffer(std::size_t count) {
        resize(count);
        std::fill_n(data(), count, T{});
    }

    /// An array whose values are whatever the memory held.
    [[nodiscard]] static AlignedBuffer uninitialized(std::size_t count) {
        AlignedBuffer buffer;
        buffer.resize(count);
        return buffer;
    }

    AlignedBuffer(const AlignedBuffer& other) {
        resize(other.size_);
        std::copy_n(other.data(), size_, data());
    }
    AlignedBuffer(AlignedBuffer&& other) noexcept { swap(other); }
    AlignedBuffer& operator=(AlignedBuffer other) noexcept {
        swap(other);
        return *this;
    }
    ~AlignedBuffer() {
        if (memory_ != nullptr) PageMemory::release(memory_, capacity_ * sizeof(T));
    }

    /// Sets the size. Memory only grows; when it grows, the content is lost. New values are uninitialised.
    void resize(std::size_t count) {
        if (count > capacity_) {
            if (count > static_cast<std::size_t>(-1) / 2 / sizeof(T)) {
                TERNION_THROW(std::length_error, "AlignedBuffer: " + std::to_string(count) + " values are too many");
            }
            AlignedBuffer larger;
            larger.memory_ = static_cast<T*>(PageMemory::allocate(count * sizeof(T)));
            larger.capacity_ = count;
            swap(larger);
        }
        size_ = count;
    }

    [[nodiscard]] T* data() noexcept { return memory_; }
    [[nodiscard]] const T* data() const noexcept { return memory_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] T* begin() noexcept { return data(); }
    [[nodiscard]] T* end() noexcept { return data() + size_; }
    [[nodiscard]] const T* begin() const noexcept { return data(); }
    [[nodiscard]] const T* end() const noexcept { return data() + size_; }
    [[nodiscard]] T& operator[](std::size_t i) noexcept { return memory_[i]; }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return memory_[i]; }

 private:
    void swap(AlignedBuffer& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    T* memory_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace ternion
