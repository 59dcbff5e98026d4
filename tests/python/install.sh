#!/bin/sh
# install.sh PYTHON WHEEL FOLDER: a new environment in FOLDER with the wheel in it, from no network; numpy is the system's.
set -eu
rm -rf "$3"
"$1" -m venv --system-site-packages "$3"
"$3/bin/python" -m pip install --isolated --no-index --disable-pip-version-check "$2"
