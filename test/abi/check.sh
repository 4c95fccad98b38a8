#!/usr/bin/env bash
# Usage: check.sh SHARED STATIC BASELINE       everything that keeps the binary interface what it was
#        check.sh --baseline SHARED BASELINE   writes the baseline anew, from the public headers
set -u
export LC_ALL=C
python=${PYTHON:-python3}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
bad() {
    echo "check-abi: $*" >&2
    failed=1
}

# The interface alone, as a library: what the public headers declare, under the symbols' versions.
interface() {
    "$python" test/abi/view.py >"$tmp/view.c" && awk -f src/mkexports.awk src/nndyn.symbols >"$tmp/view.map" &&
        "${CC:-cc}" -std=c11 -g -shared -fPIC -Iinclude "-ffile-prefix-map=$tmp=." "$tmp/view.c" -o "$tmp/view.so" \
            -Wl,-soname,"$(basename "${1%.*}")" -Wl,--version-script="$tmp/view.map" &&
        abidw --no-elf-needed --no-show-locs --no-corpus-path --no-comp-dir-path --no-architecture \
            --out-file "$2" "$tmp/view.so"
}

if [ "$1" = --baseline ]; then
    interface "$2" "$3" && echo "abi-baseline: $3 written"
    exit
fi
shared=$1 static=$2 baseline=$3

# One list in three places: exported by the library, listed in src/nndyn.symbols, declared in the public headers.
nm -D --defined-only "$shared" | awk '$2 ~ /[TDBRVWi]/ { sub(/@.*/, "", $3); print $3 }' | sort >"$tmp/exported"
awk '!/^#/ && NF > 1 { print $1 }' src/nndyn.symbols | sort >"$tmp/listed"
"$python" src/bindings/headers.py | sort >"$tmp/declared"
awk '!/^#/ && NF > 1 { print $2, $1 }' src/nndyn.symbols | sort -c -k1,1V -k2,2 2>/dev/null ||
    bad "src/nndyn.symbols is not in order, by version and then by name"
for other in exported declared; do
    diff "$tmp/listed" "$tmp/$other" >"$tmp/diff" ||
        bad "listed (<) and $other (>) differ:" "$(grep '[<>]' "$tmp/diff")"
done

# Functions only, so that no object's size becomes part of a linked program.
data=$(nm -D --defined-only "$shared" | awk '$2 ~ /[DBRV]/ { print $3 }')
[ -z "$data" ] || bad "exported data:" "$data"

# Nothing prints, exits, draws from the program's random numbers or changes what belongs to the program.
forbidden='exit|_exit|_Exit|quick_exit|abort|printf|fprintf|vprintf|vfprintf|__v?f?printf_chk|puts|fputs|putchar|perror'
forbidden="$forbidden|stdout|stderr|srand|rand|random|srandom|drand48|signal|setenv|putenv|openblas_set_num_threads"
called=$(nm -D --undefined-only "$shared" | awk '{ sub(/@.*/, "", $2); print $2 }' | grep -xE "$forbidden")
[ -z "$called" ] || bad "the library calls" "$called"

# Everything that crosses files is prefixed, so that the archive cannot clash with a program's own names.
loose=$(nm -g --defined-only "$static" 2>/dev/null | awk 'NF == 3 && $3 !~ /^(nd_|nndyn_)/ { print $3 }' | sort -u)
[ -z "$loose" ] || bad "names without prefix in $static:" "$loose"

"$python" test/abi/constants.py || failed=1
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -Iinclude -fsyntax-only test/abi/constants.c || bad "a constant has changed"

if [ ! -f "$baseline" ]; then
    bad "$baseline is missing: make abi-baseline"
elif ! command -v abidiff >/dev/null; then
    bad "abidiff is not here: run 'make deps-checks'"
else
    interface "$shared" "$tmp/headers.abi" || failed=1
    # Bit 8 of the exit status is set for removals only; changed types give the 4 of harmless additions.  So additions
    # are left out by --no-added-syms and anything but 0 is a break.
    for given in "$tmp/headers.abi" "$shared"; do
        abidiff --no-added-syms --no-architecture "$baseline" "$given" >"$tmp/diff" ||
            bad "the interface of $given differs from $baseline:" "$(cat "$tmp/diff")"
    done
fi
[ $failed = 0 ] && echo "check-abi: $(wc -l <"$tmp/listed") functions as listed, declared and in $baseline"
exit $failed
