#!/bin/sh
# The examples in Python run over the library just built, and say what they promise.
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
digits=$PWD/examples/data/digits.csv
echo 1..3
try() { # NUMBER NAME ARGUMENTS...
    number=$1 name=$2
    shift 2
    if text=$("${PYTHON:-python3}" -B "examples/$name" "$digits" "$@" 2>&1); then
        echo "ok $number - $name"
    else
        echo "$text" | tail -n 8 | sed 's/^/# /'
        echo "not ok $number - $name"
    fi
}
try 1 train.py
if "${PYTHON:-python3}" -c 'import matplotlib' 2>/dev/null; then
    try 2 duality.py "$folder/spectra.png"
    if [ -s "$folder/spectra.png" ]; then echo "ok 3 - figure"; else echo "not ok 3 - figure"; fi
else
    try 2 duality.py
    echo "ok 3 - figure # SKIP no Matplotlib"
fi
