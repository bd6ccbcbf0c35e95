#!/usr/bin/env bash
# One large file and many small ones, stored with 8 suppliers on loopback by 4+4 and brought back:
# bitdust beside Tahoe-LAFS with the same numbers of shares, each a grid of processes of its own.
#
#   Benchmarks/against-tahoe.sh BITDUST TAHOE [MEBIBYTES] [FILES]
#
# TAHOE is the program of a virtual environment: python3 -m venv t && t/bin/pip install tahoe-lafs.
# Prints seconds and ratios. Everything is in a temporary directory and gone at the end.
set -euo pipefail

bitdust=$(readlink -f "$1")
# Not through its links: the interpreter finds its packages by where it is.
tahoe=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
mebibytes=${3:-1024}
files=${4:-1000}
count=8
first=${FIRST_PORT:-26000}
work=$(mktemp -d "${TMPDIR:-/tmp}/against-tahoe-XXXXXX")
pids=()

# shellcheck source=Benchmarks/grid.bash
source "$(dirname "${BASH_SOURCE[0]}")/grid.bash"
clean_up() {
	stop_suppliers "$count"
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap clean_up EXIT

row() { awk -v n="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%-28s %9.2f s %9.2f s %8.1fx\n", n, a, b, b / a }'; }

say "== $mebibytes MiB in one file, $files files of 4 KiB"
mkdir -p "$work/large" "$work/small"
head -c $((mebibytes << 20)) /dev/urandom >"$work/large/file"
for i in $(seq "$files"); do head -c 4096 /dev/urandom >"$work/small/$i"; done

say "== $count suppliers of bitdust"
start_suppliers "$count" "$((mebibytes / 256 + 4))GB"

say "== $count storage servers of Tahoe-LAFS"
"$tahoe" --quiet create-introducer --listen=tcp --port=tcp:$((first + 900)):interface=127.0.0.1 \
	--location=tcp:127.0.0.1:$((first + 900)) "$work/introducer" >/dev/null
"$tahoe" run --allow-stdin-close "$work/introducer" >"$work/introducer.log" 2>&1 &
pids+=($!)
furl=$work/introducer/private/introducer.furl
until [[ -s $furl ]]; do sleep 0.2; done
node() {
	"$tahoe" --quiet create-node --nickname="$1" --introducer="$(cat "$furl")" --webport="$4" \
		--shares-needed=4 --shares-happy=8 --shares-total=8 --port=tcp:"$2":interface=127.0.0.1 \
		--location=tcp:127.0.0.1:"$2" $3 "$work/$1" >/dev/null
	"$tahoe" run --allow-stdin-close "$work/$1" >"$work/$1.log" 2>&1 &
	pids+=($!)
}
for n in $(seq 0 $((count - 1))); do node "t$n" $((first + 910 + n)) "" none; done
node client $((first + 930)) --no-storage "tcp:$((first + 931)):interface=127.0.0.1"
until curl -sf "localhost:$((first + 931))/?t=json" 2>/dev/null |
	python3 -c 'import json,sys; s=json.load(sys.stdin)["servers"]; sys.exit(sum(x["connection_status"].lower().startswith("connected") for x in s) < 8)' \
		2>/dev/null; do sleep 0.3; done
on_tahoe() { "$tahoe" -d "$work/client" "$@"; }
on_tahoe create-alias store >/dev/null

on 9 identity create customer --offline >/dev/null 2>&1 || true
result() {
	local name=$1 ours theirs
	ours=$(seconds on 9 backup "$work/$name" --name "$name" --to "$places" --scheme 4+4)
	theirs=$(seconds on_tahoe backup "$work/$name" "store:$name")
	row "store $name" "$ours" "$theirs"
	ours=$(seconds on 9 restore "$name" --target "$work/ours-$name")
	theirs=$(seconds on_tahoe cp -r "store:$name/Latest" "$work/theirs-$name")
	row "bring back $name" "$ours" "$theirs"
	diff -r "$work/$name" "$(dirname "$(find "$work/ours-$name" -type f | head -1)")" || fail "ours differs"
	diff -r "$work/$name" "$(dirname "$(find "$work/theirs-$name" -type f | head -1)")" || fail "theirs differs"
}
say "                               bitdust   Tahoe-LAFS    ratio"
result large
result small
