#!/usr/bin/env bash
# Each public header alone, in every C and C++ standard it promises, with every compiler at hand; warnings are errors.
set -u
strict=(-Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -Iinclude)
compilers=()
known=' '
for c in "${CC:-cc} ${CXX:-c++}" "gcc g++" "clang clang++"; do
    read -r cc cxx <<<"$c"
    if ! command -v "$cc" >/dev/null || ! command -v "$cxx" >/dev/null; then
        continue
    fi
    real=$(readlink -f "$(command -v "$cc")") # cc is often gcc under another name
    if [[ $known != *" $real "* ]]; then
        compilers+=("$c")
        known="$known$real "
    fi
done
if [ ${#compilers[@]} = 0 ]; then
    echo "check-headers: no pair of C and C++ compilers: run 'make deps-checks'" >&2
    exit 1
fi
count=0 failed=0
try() {
    count=$((count + 1))
    "$@" || { failed=$((failed + 1)) && echo "check-headers: failed: $*" >&2; }
}
for header in include/nndyn.h include/nndyn/*.h; do
    for pair in "${compilers[@]}"; do
        read -r cc cxx <<<"$pair"
        for std in c99 c11 c17; do
            try "$cc" -std=$std "${strict[@]}" -Wstrict-prototypes -x c "$header"
        done
        for std in c++11 c++14 c++17 c++20; do
            try "$cxx" -std=$std "${strict[@]}" -x c++ "$header"
        done
    done
done
echo "check-headers: $((count - failed)) of $count compilations clean (${compilers[*]})"
[ $failed = 0 ]
