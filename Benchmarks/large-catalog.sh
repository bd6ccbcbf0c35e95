#!/usr/bin/env bash
# What it costs to ask how it stands with a large repository: seconds and peak memory of `status`,
# `health` (which makes the plan of a round too) and `health --lost`.
#
#   Benchmarks/large-catalog.sh BINARY TEST-BUNDLE [BLOCKS]
#
# BINARY is bitdust, TEST-BUNDLE the package's .xctest of the same tree, which fills the catalog
# (BLOCKS: 1,000,000; with 80 chunks each 4.5 GB below TMPDIR). Environment: SUPPLIERS (24), SCHEME
# (8+12), CHUNKS (80) of a block, MOVED (10) and LOST (1) of a hundred blocks, MEMORY_MAX in MiB
# (none): fails when a command took more. Nothing outside a temporary directory is changed.
set -euo pipefail
export LC_ALL=C

[[ -x "${1:-}" && -x "${2:-}" ]] || {
    echo "usage: $0 BINARY TEST-BUNDLE [BLOCKS]" >&2
    exit 1
}
program=$(realpath "$1") bundle=$(realpath "$2") blocks=${3:-1000000}
suppliers=${SUPPLIERS:-24} limit=${MEMORY_MAX:-0}
work=$(mktemp -d "${TMPDIR:-/tmp}/bitdust-large.XXXXXX")
export BITDUST_HOME=$work/home
trap 'rm -rf "$work"' EXIT

# Runs a command whose answer may be that something is lost, and prints what it took.
measure() {
    local name=$1 code=0 peak
    shift
    /usr/bin/time --quiet -f '%e %M' -o "$work/time" "$program" "$@" >"$work/out" 2>"$work/err" ||
        code=$?
    [[ $code == 0 || $code == 4 || $code == 5 ]] || {
        cat "$work/err" >&2
        exit 1
    }
    peak=$(awk '{ print int($2 / 1024) }' "$work/time")
    printf '%-28s %8.2f s %6d MiB  %s\n' "$name" "$(cut -d ' ' -f 1 "$work/time")" "$peak" \
        "$(grep -v '^ *$' "$work/out" | head -n 1)"
    ((limit == 0 || peak <= limit)) || {
        echo "that is more than $limit MiB" >&2
        exit 1
    }
}

mkdir -p "$work/source"
for directory in $(seq 100); do
    mkdir "$work/source/$directory"
    for file in $(seq 50); do
        echo "$directory $file" >"$work/source/$directory/$file"
    done
done
places=$(seq -s , -f "$work/supplier%g" "$suppliers")
"$program" backup "$work/source" --suppliers "$places" --scheme "${SCHEME:-8+12}" \
    >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
measure "5000 files" health

BITDUST_FILL_HOME=$BITDUST_HOME BITDUST_FILL_BLOCKS=$blocks BITDUST_FILL_CHUNKS=${CHUNKS:-80} \
    BITDUST_FILL_MOVED=${MOVED:-10} BITDUST_FILL_LOST=${LOST:-1} \
    "$bundle" --testing-library swift-testing --filter 'LargeCatalogTests.*is filled' \
    >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
length=$(du -m "$BITDUST_HOME/catalog.sqlite" | cut -f 1)
echo "$blocks blocks on $suppliers suppliers, a catalog of $length MiB"
measure "status" status
measure "health" health
measure "health --lost" health --lost
[[ ${LOST:-1} == 0 || -s $work/out ]] || {
    echo "no file is lost" >&2
    exit 1
}
mv "$work/supplier1" "$work/gone1"
mv "$work/supplier2" "$work/gone2"
measure "health, two are away" health
