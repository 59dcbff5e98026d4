#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ternion_python {

namespace py = pybind11;

enum class ElementType { int8, uint8, int32, float32, other };

/// The values of an array that a caller gave, in row-major order: in place where they lie so, else as a copy, which is
/// so for strided and misaligned arrays. Any object with Python's buffer protocol will do, so that nothing here depends
/// on a version of numpy. The array lives as long as this, and only its making and its end need the interpreter.
class ArrayArgument {
 public:
    /// `what` names the argument in messages. Throws TypeError for an object that is no array.
    ArrayArgument(const py::handle& object, const char* what);
    ArrayArgument(const ArrayArgument&) = delete;
    ArrayArgument& operator=(const ArrayArgument&) = delete;
    ~ArrayArgument() { PyBuffer_Release(&buffer_); }

    ElementType type() const { return type_; }
    std::size_t dimensions() const { return static_cast<std::size_t>(buffer_.ndim); }
    std::size_t size(std::size_t dimension) const { return static_cast<std::size_t>(buffer_.shape[dimension]); }
    bool is_read_only() const { return buffer_.readonly != 0; }
    bool is_copied() const { return !copy_.empty(); }

    /// The values, of a type that has been asked for by type() or expect().
    template <class T>
    std::span<const T> values() const {
        return {static_cast<const T*>(data_), static_cast<std::size_t>(buffer_.len) / sizeof(T)};
    }

    /// Throws TypeError unless the elements are of this type.
    void expect(ElementType type, const char* name) const;
    /// Throws TypeError that names what was expected and what was found.
    [[noreturn]] void refuse_type(const char* expected) const;
    /// Throws ValueError unless there are so many dimensions; `shape` describes them.
    void expect_dimensions(std::size_t count, const char* shape) const;
    [[noreturn]] void refuse_shape(const std::string& expected) const;

 private:
    std::string what_;
    std::string dtype_;  // for messages
    Py_buffer buffer_{};
    ElementType type_ = ElementType::other;
    const void* data_ = nullptr;
    std::vector<std::byte> copy_;
};

/// A new numpy array in row-major order whose values are still to be written.
struct NewArray {
    py::object array;
    void* data;

    template <class T>
    std::span<T> values(std::size_t count) const {
        return {static_cast<T*>(data), count};
    }
};
NewArray make_array(ElementType type, const py::tuple& shape);

/// Looks up what make_array calls, which for each product would take as long as a small product. Once, when the module
/// is loaded.
void find_numpy();

}  // namespace ternion_python
