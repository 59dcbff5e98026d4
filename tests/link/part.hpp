#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <ternion/ternion.hpp>

// The same source, part.cpp, compiled for several instruction sets and linked into one program. Matrices and buffers
// cross from one to another: their types must be the same type everywhere.
struct Part {
    std::string_view backend;
    void (*multiply)(const ternion::PackedTernary<ternion::I2S>& w, std::span<const std::int8_t> q,
                     std::span<std::int32_t> y);
    ternion::PackedTernary<ternion::Interleaved2x16> (*pack)(std::span<const std::int8_t> trits, ternion::Shape shape);
    void (*multiply_floats)(const ternion::PackedTernary<ternion::Interleaved2x16>& w, std::span<const float> x,
                            std::span<float> y);
};

Part part_baseline();
Part part_v3();
Part part_v4();
