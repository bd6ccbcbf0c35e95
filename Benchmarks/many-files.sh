#!/usr/bin/env bash
# A repository with very many files, whose owner loses the machine: seconds from the key file to the
# catalog, with four suppliers on loopback.
#
#   Benchmarks/many-files.sh BINARY [FILES]
#
# FILES (1,000,000) of 16 different bytes each, a thousand in a directory; they need as many inodes
# and 4 KiB each below TMPDIR. Everything is in a temporary directory and gone at the end.
set -euo pipefail

bitdust=$(readlink -f "$1")
files=${2:-1000000}
first=${FIRST_PORT:-31000}
work=$(mktemp -d "${TMPDIR:-/tmp}/many-files-XXXXXX")
# shellcheck source=Benchmarks/grid.bash
source "$(dirname "${BASH_SOURCE[0]}")/grid.bash"
clean_up() {
	stop_suppliers 4
	rm -rf "$work"
}
trap clean_up EXIT

say "== $files files"
python3 - "$work/source" "$files" <<'PYTHON'
import hashlib, os, sys
root, count = sys.argv[1], int(sys.argv[2])
for i in range(count):
    if i % 1000 == 0:
        directory = f"{root}/{i // 1000:05}"
        os.makedirs(directory)
    with open(f"{directory}/{i}", "wb") as file:
        file.write(hashlib.blake2b(i.to_bytes(8, "big"), digest_size=16).digest())
PYTHON
start_suppliers 4 8GB
on 9 identity create customer --offline >/dev/null 2>&1 || true
say "backup    $(seconds on 9 backup "$work/source" --name source --to "$places") s"
say "again     $(seconds on 9 backup "$work/source") s"
on 9 identity backup "$work/key" --no-passphrase >/dev/null 2>&1
find "$work/source" -type f | tail -n 1 >"$work/one"
mv "$work/b9" "$work/lost"
say "recover   $(seconds on 9 recover "$work/key") s"
cat "$work/out"
say "list      $(seconds on 9 snapshots) s"
one=$(cat "$work/one")
say "one file  $(seconds on 9 restore latest "$one" --target "$work/back") s"
cmp "$one" "$(find "$work/back" -type f | head -n 1)" || fail "the file is another"
