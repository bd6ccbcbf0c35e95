# Suppliers of bitdust on loopback, each a process with a home of its own. Sourced by benchmarks,
# which set `bitdust` (the program), `work` (a directory) and `first` (a port).

say() { printf '%s\n' "$*"; }
fail() {
	say "FAILED: $*" >&2
	exit 1
}
# Runs a command of node N.
on() {
	local n=$1
	shift
	env -i HOME="$work" PATH="$PATH" LANG=C.UTF-8 BITDUST_HOME="$work/b$n" "$bitdust" "$@"
}
port() { echo $((first + 10 * $1 + $2)); }
# Starts nodes 0..COUNT-1 as suppliers, node 0 as their identity server too, and sets `places` to
# their addresses with commas between.
start_suppliers() {
	local count=$1 donated=$2 n pair known command
	places=
	for n in $(seq 0 $((count - 1))); do
		for pair in interface/api/rest-http-port:3 interface/api/web-socket-port:4 \
			services/tcp-connections/tcp-port:5 services/entangled-dht/udp-port:0 \
			services/identity-server/web-port:1 services/identity-server/tcp-port:2; do
			on "$n" set "${pair%:*}" "$(port "$n" "${pair##*:}")" >/dev/null
		done
		on "$n" set services/network/listen-address 127.0.0.1 >/dev/null
		known=localhost:$(port 0 0)
		[[ $n == 0 ]] && known=genesis
		on "$n" set services/entangled-dht/known-nodes "$known" >/dev/null
		on "$n" set services/identity-propagate/known-servers \
			"localhost:$(port 0 1):$(port 0 2)" >/dev/null
		on "$n" set services/identity-propagate/min-servers 1 >/dev/null
		[[ $n == 0 ]] && on 0 set services/identity-server/host localhost >/dev/null &&
			on 0 set services/identity-server/enabled true >/dev/null
		for command in daemon "identity create supplier$n" "supplier start --donate $donated"; do
			# shellcheck disable=SC2086
			on "$n" $command >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "$n: $command"; }
		done
		places+=${places:+,}127.0.0.1:$(port "$n" 5)
	done
}
stop_suppliers() {
	local n
	for n in $(seq 0 $(($1 - 1))); do on "$n" stop >/dev/null 2>&1 || true; done
}
# Runs a command and prints its seconds.
seconds() {
	local start end
	start=$(date +%s.%N)
	"$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "$*"; }
	end=$(date +%s.%N)
	awk -v a="$start" -v b="$end" 'BEGIN { printf "%.2f", b - a }'
}
