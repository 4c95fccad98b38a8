#!/bin/sh
# Each example in C builds against an installed library that only pkg-config knows, and runs.
flags='-std=c11 -Wall -Wextra -Wpedantic -Werror'
if ! text=$(${MAKE:-make} --no-print-directory examples EXAMPLE_FLAGS="$flags" 2>&1); then
    echo 1..1
    echo "$text" | sed 's/^/# /'
    echo "not ok 1 - the examples build"
    exit
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
root=$PWD
number=0
set -- build/examples/*
echo "1..$#"
for program; do
    number=$((number + 1))
    case $program in
    */demo) arguments=". $root/examples/data/digits.csv" ;;
    */criticality) arguments='table 20000' ;;
    */phase_diagram) arguments="$root/examples/data/digits.csv panels=abcd grid=coarse seeds=1 epochs=10" ;;
    */basin_map) arguments='. 60' ;;
    */phases) arguments="grokking $root/examples/data/digits.csv phases.csv 300" ;;
    */width_scaling) arguments='scaling.csv scaling_fits.csv 1 256 2 25' ;;
    */ntk_mnist) arguments="$root/examples/data/digits.csv runs.csv fits.csv 40 8 512" ;;
    */equi_separation) arguments="$root/examples/data/digits.csv epochs=30" ;;
    *) arguments=$root/examples/data/digits.csv ;;
    esac
    # shellcheck disable=SC2086 # several arguments
    if text=$(cd "$folder" && "$root/$program" $arguments 2>&1); then
        echo "ok $number - $program"
    else
        echo "$text" | tail -n 5 | sed 's/^/# /'
        echo "not ok $number - $program"
    fi
done
