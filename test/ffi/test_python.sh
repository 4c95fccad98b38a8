#!/bin/sh
# The Python module over the library just built.
exec "${PYTHON:-python3}" -B test/ffi/python_module.py
