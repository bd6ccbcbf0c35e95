#!/usr/bin/env bash
# A backup to four suppliers and a restore over loopback, and again with a delay on every link.
#
#   Benchmarks/slow-links.sh BINARY [MIB [MILLISECONDS [SLOW-MILLISECONDS]]]
#
# MIB (1024) incompressible bytes; MILLISECONDS (50) in each direction, so twice that there and back;
# then a restore with one of the four slower by SLOW-MILLISECONDS (1000) for each request. The delay
# is delay-line.c's, since not every kernel can make one. In a network namespace of its own: needs
# root, and a C compiler.
set -euo pipefail
[[ ${IN_NAMESPACE:-} ]] || exec unshare -n env IN_NAMESPACE=1 "$0" "$@"
ip link set lo up
program=$(readlink -f "$1")
mib=${2:-1024} delay=${3:-50} slow=${4:-1000} first=21000
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/bitdust-slow-links-XXXXXX")

on() {
	local n=$1
	shift
	BITDUST_HOME=$work/$n "$program" "$@"
}
run() { on "$@" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }; }
port() { echo $((first + 10 * $1 + $2)); }
clean_up() {
	for n in 0 1 2 3; do on "$n" stop >/dev/null 2>&1 || true; done
	rm -rf "$work"
}
trap clean_up EXIT

cc -O2 -o "$work/delay-line" "$here/delay-line.c"
for n in 0 1 2 3; do
	mkdir "$work/$n"
	run "$n" set interface/api/rest-http-port "$(port "$n" 3)"
	run "$n" set interface/api/web-socket-port "$(port "$n" 4)"
	run "$n" set services/tcp-connections/tcp-port "$(port "$n" 5)"
	run "$n" set services/entangled-dht/udp-port "$(port "$n" 0)"
	# Nowhere: a node that is found at its own address would be reached without the delay.
	run "$n" set services/network/external-address 192.0.2.9
	run "$n" set services/identity-server/web-port "$(port "$n" 1)"
	run "$n" set services/identity-server/tcp-port "$(port "$n" 2)"
	run "$n" set services/identity-server/host localhost
	run "$n" set services/identity-propagate/known-servers "localhost:$(port 0 1):$(port 0 2)"
	run "$n" set services/identity-propagate/min-servers 1
	[[ $n == 0 ]] && run 0 set services/identity-server/enabled true
	run "$n" daemon
done
for n in 0 1 2 3; do
	for _ in $(seq 50); do on "$n" identity create "user$n" >"$work/out" 2>&1 && break; sleep 0.2; done
	run "$n" set services/supplier/donated-space 20GB
	run "$n" set services/supplier/enabled true
	run "$n" restart
	for _ in $(seq 100); do
		[[ $(on "$n" states 2>/dev/null) == *"service_supplier(ON)"* ]] && break
		sleep 0.2
	done
done

mkdir "$work/source"
head -c $((mib << 20)) /dev/urandom >"$work/source/file"
# Ports of the nodes, of the line with the delay, and of one where the first node is slow.
direct='' delayed='' uneven='' delays='' slows=''
for n in 0 1 2 3; do
	direct+=,127.0.0.1:$(port "$n" 5)
	delayed+=,127.0.0.1:$(port "$n" 6)
	delays+=" $(port "$n" 6) $(port "$n" 5)"
	if [[ $n == 0 ]]; then slows="$(port 0 7) $(port 0 5)"; fi
	if [[ $n == 0 ]]; then uneven+=,127.0.0.1:$(port 0 7); else uneven+=,127.0.0.1:$(port "$n" 5); fi
done
mkfifo "$work/ends"
# shellcheck disable=SC2086
"$work/delay-line" "$delay" $delays <"$work/ends" >/dev/null &
# shellcheck disable=SC2086
"$work/delay-line" "$((slow / 2))" $slows <"$work/ends" >/dev/null &
exec 9>"$work/ends"

# Prints how long a command of the customer $1 takes, in milliseconds.
timed() {
	local begun
	begun=$(date +%s%N)
	run "$@"
	echo $((($(date +%s%N) - begun) / 1000000))
}
measure() {
	local way=$1 places=${2#,} backup restore
	backup=$(timed "customer-$way" backup "$work/source" --to "$places")
	restore=$(timed "customer-$way" restore latest --target "$work/target-$way")
	cmp "$work/source/file" "$work/target-$way/file"
	rm -r "$work/target-$way"
	printf '%-8s backup %7d ms  %4d MiB/s   restore %7d ms  %4d MiB/s\n' "$way" \
		"$backup" $((mib * 1000 / backup)) "$restore" $((mib * 1000 / restore))
}
measure direct "$direct"
measure delayed "$delayed"
measure uneven "$uneven"
