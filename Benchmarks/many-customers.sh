#!/usr/bin/env bash
# Measures the memory of a supplier that many customers use at once: each has a session of its own,
# puts 4 MiB in four puts and reads all of it back.
#
#   Benchmarks/many-customers.sh BINARY TEST-BUNDLE [FIRST-PORT]
#
# BINARY is bitdust, TEST-BUNDLE the package's .xctest of the same tree, which has the customers.
# Environment: CUSTOMERS (200), MEMORY_MAX in MiB (200). Fails when the supplier took more. Nothing
# outside a temporary directory is changed.
set -euo pipefail
export LC_ALL=C

[[ -x "${1:-}" && -x "${2:-}" ]] || {
    echo "usage: $0 BINARY TEST-BUNDLE [FIRST-PORT]" >&2
    exit 1
}
program=$(realpath "$1") bundle=$(realpath "$2") first=${3:-24000}
customers=${CUSTOMERS:-200} limit=${MEMORY_MAX:-200}
work=$(mktemp -d "${TMPDIR:-/tmp}/bitdust-customers.XXXXXX")
export BITDUST_HOME=$work/home
clean_up() {
    "$program" stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

"$program" set interface/api/rest-http-port "$first" >/dev/null
"$program" set interface/api/web-socket-port $((first + 1)) >/dev/null
"$program" set services/tcp-connections/tcp-port $((first + 2)) >/dev/null
"$program" set services/entangled-dht/udp-port $((first + 3)) >/dev/null
"$program" set services/entangled-dht/known-nodes genesis >/dev/null
"$program" set services/identity-server/web-port $((first + 4)) >/dev/null
"$program" set services/identity-server/tcp-port $((first + 5)) >/dev/null
"$program" set services/identity-server/host localhost >/dev/null
"$program" set services/identity-propagate/known-servers \
    "localhost:$((first + 4)):$((first + 5))" >/dev/null
"$program" set services/identity-propagate/min-servers 1 >/dev/null
"$program" set services/identity-server/enabled true >/dev/null
"$program" daemon >/dev/null
"$program" identity create alice >/dev/null
"$program" supplier start --donate 4GB --path "$work/disk"
pid=$(<"$BITDUST_HOME/processid")
memory() { awk -v name="$1:" '$1 == name { print int($2 / 1024) }' "/proc/$pid/status"; }
echo "before: $(memory VmRSS) MiB resident"

began=$(date +%s)
BITDUST_SUPPLIER_PORT=$((first + 2)) BITDUST_CUSTOMERS=$customers \
    "$bundle" --testing-library swift-testing \
    --filter 'ManyCustomersTests.*node of its own' >"$work/customers.log" 2>&1 || {
    tail -n 20 "$work/customers.log"
    exit 1
}
grep -q 'Test run with 1 test.* passed' "$work/customers.log" || {
    tail -n 20 "$work/customers.log"
    exit 1
}
"$program" supplier status
echo "$customers customers at once, $(($(date +%s) - began)) s:" \
    "at most $(memory VmHWM) MiB resident"
[[ $(memory VmHWM) -le $limit ]] || {
    echo "that is more than $limit MiB" >&2
    exit 1
}
