#include "array.hpp"

#include <cstdint>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

namespace ternion_python {
namespace {

constexpr const char* type_names[] = {"int8", "uint8", "int32", "float32"};  // of ElementType

/// References that live as long as the process, as numpy itself.
struct Numpy {
    py::handle empty;
    py::handle types[std::size(type_names)];
};
Numpy numpy;

/// By the letter of Python's struct module, with nothing or native order in front of it.
ElementType type_of(const Py_buffer& buffer) {
    std::string_view format = buffer.format == nullptr ? "B" : buffer.format;
    if (format.starts_with('@') || format.starts_with('=') || format.starts_with('<')) format.remove_prefix(1);
    if (format == "b") return ElementType::int8;
    if (format == "B") return ElementType::uint8;
    if (format == "f") return ElementType::float32;
    if ((format == "i" || format == "l") && buffer.itemsize == 4) return ElementType::int32;
    return ElementType::other;
}

/// What a message calls the type of the elements: numpy's name where there is one.
std::string name_of(const py::handle& object, const Py_buffer& buffer) {
    if (py::hasattr(object, "dtype")) return py::str(object.attr("dtype"));
    return std::string("format '") + (buffer.format == nullptr ? "B" : buffer.format) + "'";
}

std::size_t alignment_of(const Py_buffer& buffer) {
    return buffer.itemsize == 4 ? 4 : 1;
}

std::string shape_of(const Py_buffer& buffer) {
    std::string text = "(";
    for (int i = 0; i < buffer.ndim; ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(buffer.shape[i]);
    return text + (buffer.ndim == 1 ? ",)" : ")");
}

}  // namespace

ArrayArgument::ArrayArgument(const py::handle& object, const char* what) : what_(what) {
    if (PyObject_GetBuffer(object.ptr(), &buffer_, PyBUF_STRIDES | PyBUF_FORMAT) != 0) {
        PyErr_Clear();
        throw py::type_error(what_ + ": expected a numpy array, found " +
                             py::str(py::type::handle_of(object).attr("__name__")).cast<std::string>());
    }
    type_ = type_of(buffer_);
    if (type_ == ElementType::other) {
        dtype_ = name_of(object, buffer_);
        return;
    }
    data_ = buffer_.buf;
    const bool in_order = PyBuffer_IsContiguous(&buffer_, 'C') != 0;
    if (in_order && reinterpret_cast<std::uintptr_t>(data_) % alignment_of(buffer_) == 0) return;
    copy_.resize(static_cast<std::size_t>(buffer_.len));
    if (in_order) {
        std::memcpy(copy_.data(), data_, copy_.size());
    } else if (PyBuffer_ToContiguous(copy_.data(), &buffer_, buffer_.len, 'C') != 0) {
        PyBuffer_Release(&buffer_);
        throw py::error_already_set();
    }
    data_ = copy_.data();
}

void ArrayArgument::refuse_type(const char* expected) const {
    const std::string found = type_ == ElementType::other ? dtype_ : type_names[static_cast<std::size_t>(type_)];
    throw py::type_error(what_ + ": expected an array of " + expected + ", found " + found);
}

void ArrayArgument::expect(ElementType type, const char* name) const {
    if (type_ != type) refuse_type(name);
}

void ArrayArgument::refuse_shape(const std::string& expected) const {
    throw py::value_error(what_ + ": expected the shape " + expected + ", found " + shape_of(buffer_));
}

void ArrayArgument::expect_dimensions(std::size_t count, const char* shape) const {
    if (dimensions() != count) refuse_shape(shape);
}

void find_numpy() {
    const py::module_ module = py::module_::import("numpy");
    numpy.empty = py::object(module.attr("empty")).release();
    for (std::size_t i = 0; i < std::size(type_names); ++i)
        numpy.types[i] = py::object(module.attr("dtype")(type_names[i])).release();
}

NewArray make_array(ElementType type, const py::tuple& shape) {
    py::object array = numpy.empty(shape, numpy.types[static_cast<std::size_t>(type)]);
    Py_buffer buffer;
    if (PyObject_GetBuffer(array.ptr(), &buffer, PyBUF_WRITABLE) != 0) throw py::error_already_set();
    void* data = buffer.buf;
    PyBuffer_Release(&buffer);  // numpy moves no memory of an array that somebody holds
    return {std::move(array), data};
}

}  // namespace ternion_python
