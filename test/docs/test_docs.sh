#!/bin/sh
# The code shown in the documentation is the code of files that are compiled and run.
echo 1..1
if text=$("${PYTHON:-python3}" test/docs/check_blocks.py); then
    echo "ok 1 - blocks of code in the documentation ($text)"
else
    echo "not ok 1 - blocks of code in the documentation"
    echo "$text" | sed 's/^/# /'
fi
