#!/usr/bin/env bash
# Usage: coverage.sh OBJECTS.  Lines of src/ that ran, file by file, from the .gcda files below OBJECTS.
set -eu
cd "$1"
# Kernels are compiled several times from the same files: a line counts as reached if any of them ran it.
find . -name '*.gcda' -print0 | xargs -0 gcov --stdout --preserve-paths 2>/dev/null | awk -F: '
    /^ *-: *0:Source:/ { file = $4; next }
    file !~ /^(\.\/)?src\// { next }
    $1 ~ /^ *[0-9]+\*?$/ { hit[file, $2 + 0] = 1; line[file, $2 + 0] = 1; next }
    $1 ~ /#####|=====/ { line[file, $2 + 0] = 1 }
    END {
        for (k in line) { split(k, p, SUBSEP); all[p[1]]++; total++; if (k in hit) { ran[p[1]]++; reached++ } }
        for (f in all) printf "%6.1f %%  %5d of %5d  %s\n", 100 * ran[f] / all[f], ran[f], all[f], f | "sort -k6"
        close("sort -k6")
        if (total) printf "%6.1f %%  %5d of %5d  lines in all\n", 100 * reached / total, reached, total
    }'
