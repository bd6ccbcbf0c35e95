#!/usr/bin/env bash
# Measures what a second backup of an edited disk image stores for each byte that was changed.
#
#   Benchmarks/disk-image.sh BINARY
#
# Environment: TMPDIR (needs about five times the image), BENCH_IMAGE_MIB (4096). One per cent of
# the image is overwritten with fresh bytes, in runs of 64 KiB at random places of 4 KiB. Writes
# disk-image.md to Benchmarks/results. restic, if it is installed, gets the same image.
set -euo pipefail
export LC_ALL=C RESTIC_PASSWORD=benchmark

readonly mib=${BENCH_IMAGE_MIB:-4096} run=65536
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
[[ -x "${1:-}" ]] || {
    echo "usage: $0 BINARY" >&2
    exit 1
}
binary=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/bitdust-image.XXXXXX")
readonly binary work source=$work/source image=$work/source/image
trap 'rm -rf "$work"' EXIT
mkdir -p "$source" "$here/results"

# noise SEED COUNT: bytes that do not compress.
noise() {
    head -c "$2" /dev/zero \
        | openssl enc -aes-128-ctr -K "$(printf '%032x' "$1")" -iv 00000000000000000000000000000000
}

noise 1 "${mib}M" >"$image"
runs=$((mib * 16 / 100))
pages=$((mib * 256 - 16))
readonly runs pages changed=$((runs * run))

edit() {
    noise 2 "$changed" >"$work/fresh"
    RANDOM=1
    for ((index = 0; index < runs; index++)); do
        dd if="$work/fresh" of="$image" bs=4096 count=16 skip=$((index * 16)) \
            seek=$(((RANDOM * 32768 + RANDOM) % pages)) conv=notrunc status=none
    done
}

stored_ours() { "$binary" --home "$work/home" status --json | grep -o '"bytes_stored":[0-9]*' | cut -d: -f2; }
stored_restic() { du -sb "$work/restic/data" | cut -f1; }
tools=(ours)
command -v restic >/dev/null && tools+=(restic)
backup_ours() { "$binary" --home "$work/home" backup "$source" --name image --quiet 2>/dev/null; }
backup_restic() { restic -q -r "$work/restic" backup --compression off "$source"; }
[[ " ${tools[*]} " != *restic* ]] || restic -q init -r "$work/restic"

declare -A first
for tool in "${tools[@]}"; do
    "backup_$tool" >/dev/null
    first[$tool]=$("stored_$tool")
done
edit
{
    echo "# A disk image of $mib MiB, $runs runs of 64 KiB overwritten"
    echo
    echo "| tool | bytes of the first backup, one copy | of the second | for each changed byte |"
    echo "|---|---|---|---|"
    for tool in "${tools[@]}"; do
        "backup_$tool" >/dev/null
        awk -v tool="$tool" -v a="${first[$tool]}" -v b="$("stored_$tool")" -v c="$changed" \
            'BEGIN { d = tool == "ours" ? 2 : 1
                     printf "| %s | %.0f | %.0f | %.2f |\n", tool, a / d, (b - a) / d, (b - a) / d / c }'
    done
} | tee "$here/results/disk-image.md"
