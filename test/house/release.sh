#!/bin/sh
# Usage: release.sh VERSION NEWEST BASELINE.  What must agree before a release is tagged.
version=$1 newest=$2 baseline=$3
failed=0
bad() {
    echo "release-check: $*" >&2
    failed=1
}
top=$(sed -n 's/^## \[\{0,1\}\([0-9][0-9.]*\)\]\{0,1\}.*/\1/p' CHANGELOG.md | head -n 1)
cff=$(sed -n 's/^version: *//p' CITATION.cff)
[ "$top" = "$version" ] || bad "the top of CHANGELOG.md is '$top', the header says $version"
[ "$cff" = "$version" ] || bad "CITATION.cff says '$cff', the header says $version"
[ "$(printf '%s\n' "$newest" "${version%.*}" | sort -V | tail -n 1)" = "${version%.*}" ] ||
    bad "src/nndyn.symbols has symbols since $newest, beyond $version"
[ -f "$baseline" ] || bad "$baseline is missing: make abi-baseline"
[ -z "$(git status --porcelain)" ] || bad "the tree has changes that are not committed"
[ $failed = 0 ] && echo "release-check: $version is consistent"
