#!/bin/sh
# Prints the first Python 3 that has NumPy, preferring one that has Matplotlib too; plain python3 if none has.
numpy=
for python in python3 /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3 /usr/bin/python3.*[0-9]; do
    command -v "$python" >/dev/null 2>&1 || continue
    "$python" -c 'import numpy' >/dev/null 2>&1 || continue
    if "$python" -c 'import matplotlib' >/dev/null 2>&1; then
        echo "$python"
        exit 0
    fi
    numpy=${numpy:-$python}
done
echo "${numpy:-python3}"
[ -z "${1:-}" ] # with any argument: fail if the Python printed lacks one of the two
