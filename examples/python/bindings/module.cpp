// The extension module ternion._ternion: converts arguments between Python and the library, and nothing else. What
// users see is in the package around it.
#include <pybind11/pybind11.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include <ternion/core/version.hpp>
#include "array.hpp"
#include "parts.hpp"

namespace {

/// A path in a message may be no UTF-8, and then the message must come nevertheless.
void raise(PyObject* type, const std::exception& error) {
    const std::string_view text = error.what();
    PyObject* message = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "backslashreplace");
    if (message == nullptr) return;  // Python has raised something else
    PyErr_SetObject(type, message);
    Py_DECREF(message);
}

/// The library's exceptions, with its messages. All others are pybind11's.
void translate(std::exception_ptr thrown) {
    try {
        if (thrown) std::rethrow_exception(thrown);
    } catch (const std::invalid_argument& error) {
        raise(PyExc_ValueError, error);
    } catch (const std::out_of_range& error) {
        raise(PyExc_ValueError, error);
    } catch (const pybind11::builtin_exception&) {
        throw;
    } catch (const pybind11::error_already_set&) {
        throw;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::runtime_error& error) {
        raise(PyExc_RuntimeError, error);
    } catch (const std::logic_error& error) {
        raise(PyExc_RuntimeError, error);
    }
}

}  // namespace

PYBIND11_MODULE(_ternion, module) {
    pybind11::register_exception_translator(translate);
    ternion_python::find_numpy();
    const auto [major, minor, patch] = ternion::version;
    module.attr("__version__") = std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
    ternion_python::add_matrices(module);
    ternion_python::add_products(module);
    ternion_python::add_models(module);
}
