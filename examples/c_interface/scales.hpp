#pragma once

#include <ternion/ternion.h>
#include <cstddef>
#include <span>

namespace ternion_c {

/// The caller's scales for `rows` of `k` integers; none where the pointer is null. Throws std::invalid_argument unless
/// they are finite, and one for each row or group of inputs, or, where that is allowed, one for all.
std::span<const float> values_of(const ternion_scales* scales, std::size_t rows, std::size_t k, bool one_for_all);

/// Whether they are one for the tensor, or none.
bool is_one(const ternion_scales* scales);

}  // namespace ternion_c
