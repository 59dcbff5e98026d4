#pragma once

// What is checked of a caller's arguments; everything throws std::invalid_argument with the argument's name.

#include <ternion/ternion.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <ternion/core/shape.hpp>

namespace ternion_c {

[[noreturn]] void refuse(const std::string& what);

/// The object behind a pointer that must not be null.
template <class T>
T& required(const char* name, T* pointer) {
    if (pointer == nullptr) refuse(std::string(name) + " is NULL");
    return *pointer;
}

/// Refuses a pointer that is null, unless nothing lies there, or that isn't aligned.
void check_pointer(const char* name, const void* pointer, std::size_t count, std::size_t alignment);

/// Rows of values of the caller's, as they lie in memory.
struct Rows {
    const char* name;
    const void* data;
    std::size_t value_bytes;
    std::size_t rows;
    std::size_t row;  // values in one
    std::size_t ld;
};

/// Refuses rows that are longer than their leading dimension, or more than `count` values.
void check_room(const Rows& rows, std::size_t count);

/// Refuses `written` where a value of it is one of `read`, too.
void check_apart(const Rows& written, const Rows& read);

/// An array of exactly `expected` values, at a pointer that is neither null nor misaligned.
template <class T>
std::span<T> exactly(const char* name, T* data, std::size_t count, std::size_t expected) {
    if (count != expected) {
        refuse(std::string(name) + " has " + std::to_string(count) + " values; the shapes ask for " +
               std::to_string(expected));
    }
    check_pointer(name, data, count, alignof(T));
    return {data, count};
}

/// M rows of K values with a leading dimension, checked.
template <class T>
Rows rows_of(const char* name, T* data, std::size_t count, std::size_t ld, std::size_t m, std::size_t k) {
    check_pointer(name, data, count, alignof(T));
    const Rows rows{name, data, sizeof(T), m, k, ld};
    check_room(rows, count);
    return rows;
}

/// Refuses an empty shape, one whose values can't be counted, and a K beyond what sums are exact for.
void check_shape(const char* what, std::size_t rows, std::size_t k);

}  // namespace ternion_c
