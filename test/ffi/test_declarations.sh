#!/bin/sh
# What the Python and Julia modules declare is what the public headers say.
exec "${PYTHON:-python3}" -B test/ffi/declarations.py
