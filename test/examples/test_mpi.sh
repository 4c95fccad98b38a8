#!/bin/sh
# The sweep over ranks of MPI: 1, 2 and 4 of them give the same table, bit for bit.
for program in mpicc mpirun; do
    if ! command -v $program >/dev/null 2>&1; then
        echo "1..0 # SKIP there is no $program; 'make deps-checks' installs an MPI"
        exit
    fi
done
echo 1..3
if ! text=$(${MAKE:-make} --no-print-directory mpi 2>&1); then
    echo "$text" | tail -n 5 | sed 's/^/# /'
    echo "not ok 1 - the example builds"
    exit
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
# Open MPI refuses more ranks than cores, and root, unless told otherwise; MPICH has neither rule nor variable.
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
number=0
for ranks in 1 2 4; do
    number=$((number + 1))
    table=$folder/$ranks.csv
    if text=$(mpirun -n $ranks build/mpi/mpi_sweep examples/data/digits.csv "$table" 2>&1) &&
        [ "$(wc -l <"$table")" = 19 ] && cmp -s "$folder/1.csv" "$table"; then
        echo "ok $number - $ranks ranks"
    else
        echo "$text" | tail -n 5 | sed 's/^/# /'
        echo "not ok $number - $ranks ranks"
    fi
done
