"""The package as it is installed: types, docstrings, version."""

import ast
import contextlib
import importlib.metadata
import importlib.util
import inspect
import io
import os
import pathlib
import re
import subprocess
import sys
import unittest

import ternion
from fixture import SOURCE
from ternion import _ternion

FOLDER = pathlib.Path(ternion.__file__).parent


def names_of(body):
    functions = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in body if isinstance(node, functions) and not node.name.startswith("__")}


class Package(unittest.TestCase):
    def test_is_the_installed_one(self):
        self.assertFalse(FOLDER.is_relative_to(SOURCE / "examples"))
        self.assertEqual(importlib.metadata.version("ternion"), ternion.__version__)
        header = (SOURCE / "include" / "ternion" / "core" / "version.hpp").read_text()
        numbers = re.findall(r"define TERNION_VERSION_\w+ (\d+)", header)
        self.assertEqual(ternion.__version__, ".".join(numbers))

    def test_types_are_those_of_the_module(self):
        self.assertTrue((FOLDER / "py.typed").exists())
        stub = ast.parse((FOLDER / "_ternion.pyi").read_text())
        found = {name for name in vars(_ternion) if not name.startswith("__")}
        self.assertEqual(names_of(stub.body), found)
        for node in stub.body:
            if isinstance(node, ast.ClassDef):
                members = {name for name in vars(getattr(_ternion, node.name)) if not name.startswith("_")}
                self.assertEqual(names_of(node.body), members, node.name)

    def test_every_public_name_is_described(self):
        for name in ternion.__all__:
            if name in ("__version__", "BitLinear"):
                continue
            public = getattr(ternion, name)
            self.assertTrue(public.__doc__, name)
            for member in vars(public) if inspect.isclass(public) else ():
                if not member.startswith("_"):
                    self.assertTrue(getattr(public, member).__doc__, f"{name}.{member}")

    def test_torch_is_left_alone(self):
        script = "import sys, ternion; print([m for m in sys.modules if m.split('.')[0] == 'torch'])"
        said = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(said.decode().strip(), "[]")

    def test_the_documentation_s_programs_run(self):
        blocks = re.findall(r"```python\n(.*?)```", (SOURCE / "docs" / "python.md").read_text(), re.DOTALL)
        self.assertEqual(len(blocks), 3)
        names = {}
        folder = os.getcwd()
        os.chdir(SOURCE)
        try:
            for block in blocks:
                with self.subTest(block), contextlib.redirect_stdout(io.StringIO()):
                    if "torch" not in block:
                        exec(block, names)
                    elif importlib.util.find_spec("torch"):
                        exec("import torch\n" + block, names)
        finally:
            os.chdir(folder)


if __name__ == "__main__":
    unittest.main()
