#pragma once

#include <cstddef>
#include <cstdint>
#include <ternion/core/cpu.hpp>

/// y = W · x in integers. What crosses the dispatch is raw pointers and plain structs.
struct Job {
    std::size_t rows, cols;
    const std::byte* weights;  // Interleaved2x16
    const std::int8_t* x;
    std::int32_t sum_of_x;
    std::int32_t* y;
};

struct Multiply {
    template <class Isa>
    const char* operator()(Isa, const Job& job) const;
};
