#!/usr/bin/env bash
# Counts the allocations of a backup for each chunk in the steady state.
#
#   Benchmarks/allocations.sh BINARY
#
# Two first backups, of one file of incompressible bytes and of one twice as long: what the second
# allocates beyond the first, divided by its further chunks and blocks, is the steady state. Start,
# catalog and end are in both. Needs a C compiler; writes Benchmarks/results/allocations.md.
set -euo pipefail
export LC_ALL=C

readonly mib=${BENCH_ALLOCATION_MIB:-128}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

[[ -x "${1:-}" ]] || fail "usage: $0 BINARY"
binary=$(realpath "$1")
readonly binary
compiler=$(command -v cc || command -v clang) || fail "No C compiler was found (cc or clang)."
work=$(mktemp -d "${TMPDIR:-/tmp}/bitdust-allocations.XXXXXX")
readonly work
trap 'rm -rf "$work"' EXIT

"$compiler" -O2 -shared -fPIC -o "$work/counting.so" "$here/allocations.c"

# backup MIB: prints allocations, chunks and blocks.
backup() {
    local home=$work/home-$1 source=$work/source-$1 counts=$work/counts-$1
    mkdir "$source"
    head -c "$1M" /dev/zero | openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff \
        -iv 00000000000000000000000000000000 >"$source/data"
    LD_PRELOAD=$work/counting.so ALLOCATION_COUNT_FILE=$counts \
        "$binary" --home "$home" backup "$source" --name count --quiet >/dev/null 2>&1
    local status
    status=$("$binary" --home "$home" status --json)
    [[ "$status" =~ \"blocks_count\":([0-9]+) ]] || fail "status without blocks: $status"
    local blocks=${BASH_REMATCH[1]}
    [[ "$status" =~ \"chunks_count\":([0-9]+) ]] || fail "status without chunks: $status"
    echo "$(head -n 1 "$counts") ${BASH_REMATCH[1]} $blocks"
    rm -rf "$home" "$source"
}

read -r count1 chunks1 blocks1 < <(backup "$mib")
read -r count2 chunks2 blocks2 < <(backup $((2 * mib)))
mkdir -p "$here/results"
awk -v c1="$count1" -v n1="$chunks1" -v b1="$blocks1" -v c2="$count2" -v n2="$chunks2" \
    -v b2="$blocks2" -v mib="$mib" 'BEGIN {
    print "# Allocations of a backup\n"
    print "| incompressible MiB | allocations | chunks | blocks |"
    print "|---|---|---|---|"
    printf "| %d | %d | %d | %d |\n", mib, c1, n1, b1
    printf "| %d | %d | %d | %d |\n", 2 * mib, c2, n2, b2
    if (n2 > n1 && b2 > b1)
        printf "\nSteady state: %.2f for each chunk, %.0f for each block.\n",
            (c2 - c1) / (n2 - n1), (c2 - c1) / (b2 - b1)
}' | tee "$here/results/allocations.md"
