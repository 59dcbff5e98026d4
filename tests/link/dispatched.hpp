#pragma once

#include <cstddef>
#include <cstdint>

// What crosses a runtime dispatch: raw pointers and plain numbers. One matrix in two packings, one token.
struct Job {
    std::size_t rows;
    std::size_t cols;
    const std::byte* i2s;
    const std::byte* interleaved;
    const std::int8_t* activations;
    std::int32_t sum_of_activations;
    std::int32_t* i2s_results;
    std::int32_t* interleaved_results;
};

void dispatched_v3(const Job& job);
void dispatched_v4(const Job& job);
