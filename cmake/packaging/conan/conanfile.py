"""Conan 2: conan create cmake/packaging/conan --build=missing; -o "ternion/*:c_interface=True" builds libternion, too."""
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.0"


class Ternion(ConanFile):
    name = "ternion"
    license = "MIT"
    description = "Exact ternary linear algebra: headers for C++20, and a C interface"
    topics = ("linear-algebra", "simd", "quantization", "bitnet")
    settings = "os", "compiler", "build_type", "arch"
    options = {"c_interface": [True, False]}
    default_options = {"c_interface": False}

    def set_version(self):
        header = os.path.join(self.recipe_folder, "..", "..", "..", "include", "ternion", "core", "version.hpp")
        self.version = ".".join(re.findall(r"define TERNION_VERSION_\w+ (\d+)", load(self, header)))

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..", "..")
        for part in ("CMakeLists.txt", "LICENSE", "include/*", "cmake/*", "examples/c_interface/*"):
            copy(self, part, src=root, dst=self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("xsimd/[>=13 <15]", transitive_headers=True)
        self.requires("eigen/[>=3.4 <6]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        if not self.info.options.c_interface:
            self.info.clear()

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["TERNION_BUILD_C"] = bool(self.options.c_interface)
        for part in ("TESTS", "EXAMPLES", "BENCHMARKS"):
            toolchain.cache_variables["TERNION_BUILD_" + part] = False
        toolchain.cache_variables["TERNION_FETCH"] = False
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "ternion")
        headers = self.cpp_info.components["ternion"]
        headers.set_property("cmake_target_name", "ternion::ternion")
        headers.requires = ["xsimd::xsimd", "eigen::eigen"]
        headers.bindirs = headers.libdirs = []
        module = os.path.join("lib", "cmake", "ternion", "dispatch.cmake")  # ternion_add_dispatched
        self.cpp_info.set_property("cmake_build_modules", [module])
        if self.options.c_interface:
            library = self.cpp_info.components["c"]
            library.set_property("cmake_target_name", "ternion::c")
            library.set_property("pkg_config_name", "ternion")
            library.libs = ["ternion"]
