#pragma once

#include <pybind11/pybind11.h>

namespace ternion_python {

// What the module is made of: each adds its functions and classes.
void add_matrices(pybind11::module_& module);
void add_products(pybind11::module_& module);
void add_models(pybind11::module_& module);

}  // namespace ternion_python
