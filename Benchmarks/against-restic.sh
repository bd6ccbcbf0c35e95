#!/usr/bin/env bash
# Measures bitdust against restic on this machine: the same input, in turns, in one run.
#
#   Benchmarks/against-restic.sh BINARY           both
#   Benchmarks/against-restic.sh --restic-only    restic alone
#
# Environment: TMPDIR (needs about 16 GB free), BENCH_RUNS (3), BENCH_RANDOM_MIB (2048),
# BENCH_TREE_MB (1000) and BENCH_TREE_FILES (20000), both at least.
#
# Steps: a first backup of a source tree; a second one with nothing changed; a full restore of it,
# compared with the source; a backup of incompressible data. Input is in the page cache. restic
# writes one copy to a local repository; bitdust codes 2+2 and writes two copies' worth of bytes.
# The table goes to the terminal and to latest.md in the folder results beside this script.
set -euo pipefail
export LC_ALL=C

readonly runs=${BENCH_RUNS:-3}
readonly random_mib=${BENCH_RANDOM_MIB:-2048}
readonly tree_mb=${BENCH_TREE_MB:-1000}
readonly tree_files=${BENCH_TREE_FILES:-20000}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
export RESTIC_PASSWORD=benchmark

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

say() { printf '%s\n' "$*" >&2; }

# MARK: Set-up

tools=(restic-auto restic-off)
binary=
case "${1:-}" in
    --restic-only) ;;
    "") fail "usage: $0 BINARY | --restic-only" ;;
    *)
        [[ -x "$1" ]] || fail "$1 is not there: run “make bench”, which builds it."
        binary=$(realpath "$1")
        tools=(bitdust "${tools[@]}")
        ;;
esac

install_tools() {
    local missing=()
    command -v restic >/dev/null || missing+=(restic)
    [[ -x /usr/bin/time ]] || missing+=(time)
    command -v openssl >/dev/null || missing+=(openssl)
    ((${#missing[@]})) || return 0
    local root=()
    ((EUID == 0)) || root=(sudo)
    say "Installing ${missing[*]} ..."
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
    { "${apt[@]}" install "${missing[@]}" || { "${apt[@]}" update \
        && "${apt[@]}" install "${missing[@]}"; }; } >&2 </dev/null \
        || fail "Install ${missing[*]} and run this again."
}

install_tools
# Others at work on the machine make the figures worthless: the reader shall see it.
readonly load_before=$(cut -d' ' -f1 /proc/loadavg)
work=$(mktemp -d "${TMPDIR:-/tmp}/bitdust-bench.XXXXXX")
readonly work

remove() {
    [[ -e "$1" ]] || return 0
    chmod -R u+rwX "$1" 2>/dev/null || true
    rm -rf "$1"
}
trap 'remove "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

readonly tree=$work/tree random=$work/random samples=$work/samples
free_mb=$(($(df -Pk "$work" | awk 'NR == 2 { print $4 }') / 1024))
need_mb=$((6 * tree_mb + 5 * random_mib))
((free_mb > need_mb)) \
    || fail "$work has $free_mb MB free, $need_mb are needed: set TMPDIR to a larger disk."

# MARK: Input

tree_bytes() { du -sb --apparent-size "$tree" | cut -f1; }
tree_count() { find "$tree" -type f | wc -l; }

# Copies folders of this machine, in a fixed order, until both minima are reached.
make_tree() {
    local candidates swift folder
    swift=$(dirname "$(realpath "$(command -v swift || echo /usr/bin/swift)")")/..
    candidates=(
        /usr/include /usr/share /usr/lib/python3* "$swift/include" "$swift/share"
        "$swift/lib/swift" "$swift/lib/clang" "$HOME/.pyenv" /usr/lib /opt
    )
    mkdir "$tree"
    took=()
    for folder in "${candidates[@]}"; do
        [[ -d "$folder" ]] || continue
        folder=$(realpath "$folder")
        mkdir -p "$tree$(dirname "$folder")"
        cp -a "$folder" "$tree$(dirname "$folder")/" 2>/dev/null || true
        took+=("$folder")
        if (($(tree_bytes) >= tree_mb * 1000000 && $(tree_count) >= tree_files)); then return; fi
    done
    fail "This machine has no folders of $tree_mb MB and $tree_files files together."
}

make_random() {
    head -c "${random_mib}M" /dev/zero \
        | openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff \
            -iv 00000000000000000000000000000000 >"$random/data"
}

say "Making the input in $work ..."
make_tree
mkdir "$random" "$samples"
make_random
readonly tree_size=$(tree_bytes) tree_length=$(tree_count)
# Into the page cache, for everyone.
cat "$random/data" >/dev/null
find "$tree" -type f -exec cat {} + >/dev/null

# MARK: Measuring

# measure TOOL STEP COMMAND...: appends "wall user system KiB" to the samples of the step.
measure() {
    local sample=$samples/$1.$2 status=0
    shift 2
    sync
    /usr/bin/time --quiet -f '%e %U %S %M' -a -o "$sample" "$@" \
        >"$work/log" 2>&1 </dev/null || status=$?
    if ((status)); then
        tail -n 20 "$work/log" >&2
        fail "“$*” failed with exit code $status"
    fi
}

# backup TOOL STEP PLACE SOURCE
backup() {
    case "$1" in
        bitdust) measure "$1" "$2" "$binary" --home "$3" backup "$4" --name bench ;;
        *)
            if [[ ! -e "$3/repository" ]]; then
                restic -q -r "$3/repository" --cache-dir "$3/cache" init >/dev/null
            fi
            measure "$1" "$2" restic -q -r "$3/repository" --cache-dir "$3/cache" \
                --compression "${1#restic-}" backup "$4"
            ;;
    esac
}

# restore TOOL STEP PLACE TARGET
restore() {
    case "$1" in
        bitdust) measure "$1" "$2" "$binary" --home "$3" restore latest --target "$4" ;;
        *)
            measure "$1" "$2" restic -q -r "$3/repository" --cache-dir "$3/cache" \
                restore latest --target "$4"
            ;;
    esac
}

# stored TOOL PLACE: bytes on the disk for one copy of the data. Ours are coded 2+2: half of all.
stored() {
    case "$1" in
        bitdust)
            local place=$2
            if [[ -d "$2/suppliers" ]]; then place=$2/suppliers; fi
            echo $(($(du -s --block-size=1 "$place" | cut -f1) / 2))
            ;;
        *) du -s --block-size=1 "$2/repository" | cut -f1 ;;
    esac
}

# The restored tree lies below the target, under its old path or directly.
compare() {
    local restored=$1
    if [[ -d "$1$tree" ]]; then restored=$1$tree; fi
    if [[ -d "$1/tree" ]]; then restored=$1/tree; fi
    diff -r --no-dereference "$tree" "$restored" >"$work/log" 2>&1 \
        || { head -n 20 "$work/log" >&2; fail "The restored tree differs from its source."; }
}

run_tool() {
    local tool=$1 run=$2 place=$work/place target=$work/target
    mkdir "$place"
    backup "$tool" tree "$place" "$tree"
    stored "$tool" "$place" >"$samples/$tool.stored-tree"
    backup "$tool" unchanged "$place" "$tree"
    mkdir "$target"
    restore "$tool" restore "$place" "$target"
    # The comparison takes long, so once for each tool.
    if ((run == 1)); then compare "$target"; fi
    remove "$target"
    remove "$place"
    mkdir "$place"
    backup "$tool" random "$place" "$random"
    stored "$tool" "$place" >"$samples/$tool.stored-random"
    remove "$place"
}

for ((run = 1; run <= runs; run++)); do
    say "Run $run of $runs ..."
    # The floor under every restore and every backup: what the disk and the kernel take.
    measure copy tree cp -a "$tree" "$work/copy"
    remove "$work/copy"
    measure copy random cp "$random/data" "$work/copy"
    remove "$work/copy"
    for tool in "${tools[@]}"; do run_tool "$tool" "$run"; done
done

# MARK: Report

# Median of a column of a step's samples: 1 wall s, 2 CPU s, 3 peak MiB.
median() {
    awk -v column="$3" '{ print column == 1 ? $1 : column == 2 ? $2 + $3 : $4 / 1024 }' \
        "$samples/$1.$2" | sort -n \
        | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

spread() {
    awk '{ print $1 }' "$samples/$1.$2" | sort -n \
        | awk 'NR == 1 { low = $1 } { high = $1 } END { printf "%.2f-%.2f", low, high }'
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }'; }

row() {
    local tool=$1 step=$2 title=$3 walls=- cpus=-
    if [[ -n "$binary" && "$tool" != bitdust ]]; then
        walls=$(ratio "$(median "$tool" "$step" 1)" "$(median bitdust "$step" 1)")
        cpus=$(ratio "$(median "$tool" "$step" 2)" "$(median bitdust "$step" 2)")
    fi
    printf '| %s | %s | %.2f | %s | %.2f | %.0f | %s | %s |\n' "$title" "$tool" \
        "$(median "$tool" "$step" 1)" "$(spread "$tool" "$step")" "$(median "$tool" "$step" 2)" \
        "$(median "$tool" "$step" 3)" "$walls" "$cpus"
}

stored_row() {
    local tool=$1 kind=$2 title=$3 bytes of=-
    bytes=$(cat "$samples/$tool.stored-$kind")
    if [[ -n "$binary" && "$tool" != bitdust ]]; then
        of=$(ratio "$bytes" "$(cat "$samples/bitdust.stored-$kind")")
    fi
    printf '| %s | %s | %d | %s |\n' "$title" "$tool" "$bytes" "$of"
}

report() {
    local title step tool
    echo "# bitdust against restic"
    echo
    echo "$(date -u +%Y-%m-%d) · $(awk -F ': ' '/model name/ { print $2; exit }' /proc/cpuinfo)" \
        "· $(nproc) cores · $(restic version | cut -d' ' -f1,2) · medians of $runs runs" \
        "· load before $load_before"
    echo
    echo "Tree: $tree_length files, $tree_size bytes, of ${took[*]}. Random: $random_mib MiB."
    echo "Ratios above 1: bitdust is faster, or stores less. bitdust writes 2+2, restic one copy."
    echo
    echo "| step | tool | wall s | min-max | CPU s | peak MiB | wall restic/ours | CPU restic/ours |"
    echo "|---|---|---|---|---|---|---|---|"
    for title in "tree:first backup of the tree" "unchanged:second backup, nothing changed" \
        "restore:full restore" "random:backup of incompressible data"; do
        step=${title%%:*}
        title=${title#*:}
        for tool in copy "${tools[@]}"; do
            if [[ -e "$samples/$tool.$step" ]]; then row "$tool" "$step" "$title"; fi
        done
    done
    echo
    echo "| stored, one copy | tool | bytes | restic/ours |"
    echo "|---|---|---|---|"
    for tool in "${tools[@]}"; do stored_row "$tool" tree "tree"; done
    for tool in "${tools[@]}"; do stored_row "$tool" random "incompressible"; done
}

mkdir -p "$here/results"
# `copy` has no ratio: it is no backup.
report | sed -E '/\| copy \|/ s/\| [0-9.-]+ \| [0-9.-]+ \|$/| | |/' | tee "$here/results/latest.md"
