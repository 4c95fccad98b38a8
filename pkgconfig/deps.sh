#!/bin/sh
# Usage: pkgconfig/deps.sh GROUP...   with groups build, test, demo, checks
# Installs what is missing of each group with the system's package manager, and says what it does.
set -eu
CC=${CC:-cc}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
here=$(dirname "$0")
PATH=$PATH:/usr/bin/core_perl # where Arch keeps prove

# ---- is it there? --------------------------------------------------------------------------------------------------

has() { command -v "$1" >/dev/null 2>&1; }
pc() { "$PKG_CONFIG" --exists "$1" 2>/dev/null; }
has_pkg_config() { has "$PKG_CONFIG"; }
has_cblas() { pc openblas || pc cblas || pc blas-netlib || pc blas; }
has_lapacke() { pc lapacke || links_lapacke; }
links_lapacke() { # some builds of OpenBLAS contain it
    # shellcheck disable=SC2046 # one word a flag
    pc openblas && printf '#include <lapacke.h>\nint main(void) { return LAPACKE_lsame((char)65, (char)65) != 1; }\n' |
        "$CC" -x c - -o /dev/null $("$PKG_CONFIG" --cflags --libs openblas) 2>/dev/null
}
has_cmocka() { pc cmocka; }
has_prove() { has prove; }
has_numpy() { "$($here/python.sh)" -c 'import numpy' >/dev/null 2>&1; }
has_matplotlib() { "$($here/python.sh)" -c 'import numpy, matplotlib' >/dev/null 2>&1; }
has_cxx() { has c++ || has g++; }
has_clang() { has clang && has clang++; }
has_clang_format() { has clang-format; }
has_clang_tidy() { has clang-tidy; }
has_valgrind() { has valgrind; }
has_abidiff() { has abidiff; }
has_doxygen() { has doxygen; }
has_dot() { has dot; }
has_mpi() { has mpicc && has mpirun; }

# ---- group, what, and its package for apt, dnf, pacman, brew ("-": not to be had) ---------------------------------

table='
build  pkg_config    pkg-config            pkgconf-pkg-config  pkgconf            pkgconf
build  cblas         libopenblas-dev       openblas-devel      openblas           openblas
build  lapacke       liblapacke-dev        lapack-devel        lapacke            lapack
test   cmocka        libcmocka-dev         libcmocka-devel     cmocka             cmocka
test   prove         perl                  perl-Test-Harness   perl               perl
test   numpy         python3-numpy         python3-numpy       python-numpy       numpy
demo   matplotlib    python3-matplotlib    python3-matplotlib  python-matplotlib  python-matplotlib
checks cxx           g++                   gcc-c++             gcc                -
checks clang         clang                 clang               clang              -
checks clang_format  clang-format          clang-tools-extra   clang              clang-format
checks clang_tidy    clang-tidy            clang-tools-extra   clang              llvm
checks valgrind      valgrind              valgrind            valgrind           -
checks abidiff       abigail-tools         libabigail          libabigail         -
checks doxygen       doxygen               doxygen             doxygen            doxygen
checks dot           graphviz              graphviz            graphviz           graphviz
checks mpi           libopenmpi-dev        openmpi-devel       openmpi            open-mpi
'

manager() {
    for m in apt-get dnf pacman brew; do
        if has "$m"; then
            echo "$m"
            return
        fi
    done
}

# The names of what is missing in the groups asked for, and with a column number their packages.
missing() {
    echo "$table" | while read -r group what apt dnf pacman brew; do
        case " $groups " in *" $group "*) ;; *) continue ;; esac
        if [ -z "$what" ] || "has_$what"; then
            continue
        fi
        case $1 in
        names) echo "$what" | tr _ - ;;
        apt-get) echo "$apt" ;;
        dnf) echo "$dnf" ;;
        pacman) echo "$pacman" ;;
        brew) echo "$brew" ;;
        esac
    done | grep -vx -e - | sort -u | tr '\n' ' '
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        echo "make deps: run this as root, or install sudo: $*" >&2
        exit 1
    fi
}

install_with() {
    manager=$1
    shift
    echo "make deps: $manager installs: $*"
    case $manager in
    apt-get)
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
        ;;
    dnf) as_root dnf install -y "$@" ;;
    pacman) as_root pacman -Sy --noconfirm --needed "$@" ;;
    brew) brew install "$@" ;;
    esac </dev/null
}

groups="$*"
lacking=$(missing names)
if [ -z "$lacking" ]; then
    echo "make deps: all there ($groups)"
    exit 0
fi
echo "make deps: missing: $lacking"
tool=$(manager)
if [ -z "$tool" ]; then
    echo "make deps: none of apt-get, dnf, pacman, brew is here; install by hand: $lacking" >&2
    exit 1
fi
# shellcheck disable=SC2046 # one word a package
install_with "$tool" $(missing "$tool")
lacking=$(missing names)
if [ -n "$lacking" ]; then
    echo "make deps: still missing: $lacking" >&2
    if [ "$tool" = brew ]; then
        echo "make deps: Homebrew keeps openblas and lapack apart; put them in reach of pkg-config:" >&2
        echo "  p=$(brew --prefix)/opt" >&2
        echo '  export PKG_CONFIG_PATH=$p/openblas/lib/pkgconfig:$p/lapack/lib/pkgconfig' >&2
    fi
    exit 1
fi
echo "make deps: done"
