#!/bin/sh
# Applies .clang-format to the C sources of the tree; with --check only says which files it would change.
mode=${1:---apply}
if ! command -v clang-format >/dev/null; then
    echo "clang-format is not here: run 'make deps-checks'" >&2
    exit 1
fi
files=$(find include src test examples bench -name '*.[ch]' -o -name '*.inc' 2>/dev/null | LC_ALL=C sort)
if [ "$mode" = --check ]; then
    # shellcheck disable=SC2086 # one word a file
    clang-format --dry-run -Werror $files && echo "clang-format: $(echo "$files" | wc -l) files in order"
else
    # shellcheck disable=SC2086
    clang-format -i $files
fi
