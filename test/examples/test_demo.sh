#!/bin/sh
# The demo in C and in Python write the same tables, to the last bit; it reaches 97 % accuracy.
${MAKE:-make} --no-print-directory build/examples/demo >/dev/null || exit 1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/c" "$folder/python"
tables="training load_curve predictions spectrum directions modes fluctuations truncation ranks folds noise basins"
tables="$tables weight_noise starts lazy"
number=0
result() {
    number=$((number + 1))
    echo "$1 $number - $2"
}
echo 1..17
build/examples/demo "$folder/c" examples/data/digits.csv >"$folder/summary" 2>"$folder/errors" ||
    sed 's/^/# /' "$folder/errors"
PYTHONPATH=src/bindings "${PYTHON:-python3}" examples/demo/demo.py "$folder/python" examples/data/digits.csv \
    2>"$folder/errors" || sed 's/^/# /' "$folder/errors"
for name in $tables; do
    if test -s "$folder/c/$name.csv" && cmp "$folder/c/$name.csv" "$folder/python/$name.csv" >&2; then
        result ok "$name: Python equals C"
    else
        result "not ok" "$name: Python equals C"
    fi
done
accuracy=$(sed -n 's/^test accuracy: \([0-9.]*\) %$/\1/p' "$folder/summary")
if test -n "$accuracy" && awk "BEGIN { exit !($accuracy >= 97) }"; then
    result ok "test accuracy $accuracy %"
else
    result "not ok" "test accuracy '$accuracy' %, wanted at least 97"
fi
if "${PYTHON:-python3}" examples/demo/report.py "$folder/c" >/dev/null &&
    test "$(grep -c '<svg' "$folder/c/report.html")" -ge 12; then
    result ok "report with its pictures"
else
    result "not ok" "report with its pictures"
fi
