#!/usr/bin/env bash
# Measures the stages one by one, each beside its ceiling, and coding by scheme and length.
#
#   Benchmarks/stages.sh BINARY
#
# Environment: BENCH_SECONDS (1), the time for each line of the tables. Writes stages.md, coding.md
# and coding.svg to Benchmarks/results.
set -euo pipefail
export LC_ALL=C

readonly seconds=${BENCH_SECONDS:-1}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here results=$here/results

[[ -x "${1:-}" ]] || {
    echo "usage: $0 BINARY" >&2
    exit 1
}
binary=$(realpath "$1")
readonly binary
work=$(mktemp -d "${TMPDIR:-/tmp}/bitdust-stages.XXXXXX")
readonly work
trap 'rm -rf "$work"' EXIT
mkdir -p "$results"

"$binary" bench --seconds "$seconds" --report "$work/stages"
mv "$work/stages/stages.md" "$results/stages.md"

shapes=(--fragment 64KiB --fragment 1MiB)
for scheme in 4+4 10+6 8+12 16+16 29+51 64+64; do shapes+=(--scheme "$scheme"); done
"$binary" bench --stage coding "${shapes[@]}" --seconds "$seconds" --report "$work/coding"
mv "$work/coding/stages.md" "$results/coding.md"
mv "$work/coding/coding.svg" "$results/coding.svg"
echo "Wrote stages.md, coding.md and coding.svg to $results" >&2
