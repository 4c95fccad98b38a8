#!/usr/bin/env bash
# What `make install` writes, that `make uninstall` leaves nothing, and that a consumer needs pkg-config alone.
set -u
export LC_ALL=C
MAKE=${MAKE:-make} CC=${CC:-cc} CXX=${CXX:-c++} PKG_CONFIG=${PKG_CONFIG:-pkg-config}
root=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR PREFIX LIBDIR INCLUDEDIR SHAREDIR
cd "$root" || exit 1
passed=0 failed=0
# check NAME COMMAND...: one line a check, the command's own words only where it fails.
check() {
    local what=$1
    shift
    if "$@" >"$tmp/log" 2>&1; then
        passed=$((passed + 1))
        echo "check-install: ok: $what"
    else
        failed=$((failed + 1))
        echo "check-install: FAILED: $what" >&2
        cat "$tmp/log" >&2
    fi
}
not() { ! "$@"; }
make_quiet() { "$MAKE" --no-print-directory "$@"; }
version=$(sed -n 's/^.define NNDYN_VERSION_[MP][A-Z]* \([0-9]*\).*/\1/p' include/nndyn/core.h | paste -sd.)
case $version in 0.*) sover=${version%.*} ;; *) sover=${version%%.*} ;; esac

# ---- the list of files is the committed one, whatever the directories are called -------------------------------------

expected() { sed -e '/^#/d' -e "s/@VERSION@/$version/; s/@SOVER@/$sover/" test/install.files | sort; }
installed() { (cd "$1" && find . ! -type d | sed 's|^\./||' | sort); }
same_files() { diff <(expected) <(installed "$1"); }
empty() { [ -z "$(find "$1" ! -type d)" ] && [ -z "$(find "$1" -name nndyn)" ]; }
check "staged installation" make_quiet install "DESTDIR=$tmp/stage" PREFIX=/usr
check "list of files" same_files "$tmp/stage/usr"
check "the .pc does not know of the stage" not grep -r "$tmp" "$tmp/stage/usr/lib/pkgconfig"
check "uninstall" make_quiet uninstall "DESTDIR=$tmp/stage" PREFIX=/usr
check "nothing is left" empty "$tmp/stage"
odd=$tmp/odd
dirs=("PREFIX=$odd" "LIBDIR=$odd/lib/arch" "INCLUDEDIR=$odd/inc" "SHAREDIR=$odd/data")
asks() { [ "$(PKG_CONFIG_PATH="$1:${PKG_CONFIG_PATH:-}" "$PKG_CONFIG" --variable="$2" nndyn)" = "$3" ]; }
check "installation to directories of choice" make_quiet install "${dirs[@]}"
check "pkg-config follows LIBDIR" asks "$odd/lib/arch/pkgconfig" libdir "$odd/lib/arch"
check "pkg-config follows INCLUDEDIR" asks "$odd/lib/arch/pkgconfig" includedir "$odd/inc"
check "uninstall from there" make_quiet uninstall "${dirs[@]}"
check "nothing is left there" empty "$odd"

# ---- a consumer ------------------------------------------------------------------------------------------------------

check "installation for a consumer" make_quiet install "PREFIX=$tmp/prefix"
export PKG_CONFIG_PATH=$tmp/prefix/lib/pkgconfig:${PKG_CONFIG_PATH:-}
build() { make_quiet -C test/consumer "O=$tmp" "CC=$CC" "CXX=$CXX" "$tmp/$1"; }
needs() { ldd "$tmp/$1" | grep -q "$2"; }
for kind in shared static cxx; do
    check "consumer built: $kind" build "consumer-$kind"
    check "consumer runs: $kind" env OPENBLAS_NUM_THREADS=1 "$tmp/consumer-$kind"
done
check "the static one needs no libnndyn.so" not needs consumer-static nndyn
check "the shared one asks for the SONAME" needs consumer-shared "libnndyn.so.$sover "
check "pkg-config knows the version" "$PKG_CONFIG" --exact-version="$version" nndyn
check "a version that does not exist is refused" not "$PKG_CONFIG" --atleast-version=99 nndyn
echo "check-install: $passed passed, $failed failed"
[ $failed = 0 ]
