#pragma once

#include <cstddef>
#include <string>

namespace ternion {

/// The shape of a weight matrix W[N,K]: n rows (outputs), k columns (inputs).
struct Shape {
    std::size_t n = 0;
    std::size_t k = 0;

    [[nodiscard]] constexpr std::size_t size() const noexcept { return n * k; }
    friend constexpr bool operator==(Shape, Shape) noexcept = default;
};

/// "2560 x 6912", for messages.
inline std::string to_string(Shape shape) {
    return std::to_string(shape.n) + " x " + std::to_string(shape.k);
}

/// The largest K: a sum of K products of a trit and an int8 then fits in int32 (128 K < 2^31), and so does every
/// difference that kernels take modulo 2^32 on the way.
inline constexpr std::size_t max_inputs = (std::size_t{1} << 24) - 1;

/// a / b rounded up.
constexpr std::size_t ceil_div(std::size_t a, std::size_t b) noexcept {
    return a / b + (a % b != 0);
}

/// a rounded up to a multiple of b.
constexpr std::size_t round_up(std::size_t a, std::size_t b) noexcept {
    return ceil_div(a, b) * b;
}

}  // namespace ternion
