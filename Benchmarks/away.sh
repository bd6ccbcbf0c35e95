#!/usr/bin/env bash
# Rebuilding while the owner is away, with real processes on loopback: 20 suppliers hold a backup in
# 8+12, 8 more are hired and hold nothing; 8 of the 20 are killed, the owner's node is stopped, and
# another node restores full health by a grant.
#
#   Benchmarks/away.sh BINARY [MIB] [FIRST-PORT]
#
# Prints bytes stored each second by the backup and by the rebuild. Needs about 4.5 times MIB of disk
# below TMPDIR and 3 GB of memory. Nothing outside a temporary directory is changed.
set -euo pipefail

program=$(readlink -f "$1")
mib=${2:-1024}
first=${3:-25000}
holders=20
killed=8
suppliers=$((holders + killed))
rebuilder=$((suppliers + 1))
work=$(mktemp -d "${TMPDIR:-/tmp}/bitdust-away-XXXXXX")

on() {
	local n=$1
	shift
	BITDUST_HOME=$work/$n "$program" "$@"
}
port() { echo $((first + 4 * $1 + $2)); }
clean_up() {
	for n in $(seq 0 $rebuilder); do on "$n" stop >/dev/null 2>&1 || true; done
	rm -rf "$work"
}
trap clean_up EXIT

# A node with an identity and nothing that this needs not.
node() {
	local n=$1 answer
	mkdir -p "$work/$n"
	{
		on "$n" set interface/api/rest-http-port "$(port "$n" 0)"
		on "$n" set interface/api/web-socket-enabled false
		on "$n" set services/tcp-connections/tcp-port "$(port "$n" 1)"
		on "$n" set services/entangled-dht/enabled false
		on "$n" set services/proxy-transport/enabled false
		on "$n" set services/rebuilding/enabled false
		on "$n" set services/identity-propagate/known-servers "localhost:$(port 0 2):$(port 0 3)"
		on "$n" set services/identity-propagate/min-servers 1
		if [[ $n == 0 ]]; then
			on 0 set services/identity-server/host localhost
			on 0 set services/identity-server/web-port "$(port 0 2)"
			on 0 set services/identity-server/tcp-port "$(port 0 3)"
			on 0 set services/identity-server/enabled true
		fi
		on "$n" daemon
	} >/dev/null 2>&1
	for _ in $(seq 100); do
		[[ $n != 0 ]] || curl -sf "localhost:$(port 0 2)/" >/dev/null || { sleep 0.2; continue; }
		break
	done
	answer=$(curl -s -X POST -d "{\"username\": \"node$n\"}" \
		"localhost:$(port "$n" 0)/identity/create/v1") || true
	[[ $answer == *'"status": "OK"'* ]] || { echo "node $n has no identity" >&2; exit 1; }
}

echo "== $suppliers suppliers"
node 0
list=()
for n in $(seq 1 $suppliers); do
	node "$n"
	on "$n" supplier start --donate 4GB >/dev/null 2>&1
	list+=("127.0.0.1:$(port "$n" 1)")
done
node $rebuilder
{
	on $rebuilder set services/rebuilder/rate-mib 65536
	on $rebuilder set services/rebuilder/grace-hours 0
	on $rebuilder set services/rebuilder/round-minutes 1
	on $rebuilder set services/rebuilder/enabled true
} >/dev/null 2>&1

echo "== Backup of $mib MiB in 8+12"
mkdir "$work/source"
for n in $(seq "$((mib / 16))"); do head -c 16M /dev/urandom >"$work/source/$n"; done
on 0 hire "${list[@]:0:holders}" --count $holders >/dev/null 2>&1
begin=$(date +%s.%N)
on 0 backup "$work/source" --scheme 8+12 >/dev/null 2>&1
end=$(date +%s.%N)
stored=$(on 0 status --json | grep -o '"bytes_stored": *[0-9]*' | head -1 | grep -o '[0-9]*$')
backup=$(awk "BEGIN { printf \"%.1f\", $stored / ($end - $begin) / 1048576 }")
echo "backup: $((stored >> 20)) MiB in fragments, $backup MiB/s of them"
on 0 hire "${list[@]:holders}" --count $suppliers >/dev/null 2>&1
on 0 rebuilder grant "127.0.0.1:$(port $rebuilder 1)"

echo "== $killed suppliers are killed, the owner is away"
on 0 stop >/dev/null 2>&1
for n in $(seq $killed); do kill -9 "$(cat "$work/$n/processid")"; done
log=$work/$rebuilder/logs/bitdust.log
for _ in $(seq 3600); do
	line=$(grep 'stored, ' "$log" | grep ' 0 fragments missing' | tail -n 1 || true)
	[[ -n $line ]] && break
	sleep 1
done
[[ -n ${line:-} ]] || { tail -n 5 "$log"; echo "not whole within an hour" >&2; exit 1; }
echo "$line"
sent=$(grep -o '[0-9]* bytes sent' <<<"$line" | grep -o '[0-9]*')
seconds=$(grep -o 'in [0-9.]* s;' <<<"$line" | grep -o '[0-9.]*')
rebuild=$(awk "BEGIN { printf \"%.1f\", $sent / $seconds / 1048576 }")
echo "rebuild: $((sent >> 20)) MiB of fragments, $rebuild MiB/s of them"
awk "BEGIN { printf \"rebuild / backup: %.2f\\n\", $rebuild / $backup }"
