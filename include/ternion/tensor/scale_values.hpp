#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "../core/aligned_buffer.hpp"
#include "../core/bit_cast.hpp"
#include "../core/config.hpp"
#include "../core/float16.hpp"

namespace ternion {

/// Scales that somebody else owns: floats, or float16, which is what most files hold and half of what is read. A
/// product gives the same bits for both, as each float16 is a float. Trivially copyable; may be null.
class ScaleValues {
 public:
    constexpr ScaleValues(std::nullptr_t = nullptr) noexcept {}                 // NOLINT: as pointers are
    constexpr ScaleValues(const float* values) noexcept : floats_(values) {}    // NOLINT
    constexpr ScaleValues(const Float16* values) noexcept : halves_(values) {}  // NOLINT

    /// Null where they are the other type.
    [[nodiscard]] constexpr const float* floats() const noexcept { return floats_; }
    [[nodiscard]] constexpr const Float16* halves() const noexcept { return halves_; }
    [[nodiscard]] constexpr std::size_t value_bytes() const noexcept {
        return halves_ != nullptr ? sizeof(Float16) : sizeof(float);
    }
    [[nodiscard]] TERNION_INLINE float operator[](std::size_t i) const noexcept {
        return halves_ != nullptr ? static_cast<float>(halves_[i]) : floats_[i];
    }
    [[nodiscard]] const std::byte* bytes() const noexcept {
        return halves_ != nullptr ? reinterpret_cast<const std::byte*>(halves_)
                                  : reinterpret_cast<const std::byte*>(floats_);
    }
    [[nodiscard]] constexpr bool operator==(std::nullptr_t) const noexcept {
        return floats_ == nullptr && halves_ == nullptr;
    }

 private:
    const float* floats_ = nullptr;
    const Float16* halves_ = nullptr;
};

/// A copy of some scales: as float16 where that loses nothing of any of them, else as floats. A cache line has those of
/// a group of rows, which would lie in two where a table begins anywhere.
class OwnedScales {
 public:
    /// Floats unless `allow_halves`.
    OwnedScales(std::span<const float> values, bool allow_halves) {
        const auto fits = [](float value) {
            return bit_cast<std::uint32_t>(static_cast<float>(Float16(value))) == bit_cast<std::uint32_t>(value);
        };
        if (allow_halves && std::all_of(values.begin(), values.end(), fits)) {
            halves_.resize(values.size());
            std::transform(values.begin(), values.end(), halves_.begin(), [](float value) { return Float16(value); });
        } else {
            floats_.resize(values.size());
            std::copy(values.begin(), values.end(), floats_.begin());
        }
    }

    /// Null where there are none.
    [[nodiscard]] ScaleValues view() const noexcept {
        return halves_.size() != 0 ? ScaleValues(halves_.data()) : ScaleValues(floats_.data());
    }

 private:
    AlignedBuffer<float> floats_;
    AlignedBuffer<Float16> halves_;
};

}  // namespace ternion
