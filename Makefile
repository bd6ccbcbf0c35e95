# Everything that is done with this repository. `make` alone prints the list.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PREFIX ?= /usr/local
SWIFT ?= swift
# Where debug and release builds go: .build, or a place that outlives the clone on a CI machine.
SCRATCH = $(shell scripts/scratch-path)
# Flags other than the usual ones get a folder of their own, else each change recompiles everything.
STATIC := .build-static
BUILD = $(SWIFT) build --scratch-path "$(SCRATCH)"
FORMATTED := Package.swift Sources Tests

COMPLETIONS_BASH = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bitdust
COMPLETIONS_ZSH = $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_bitdust
COMPLETIONS_FISH = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/bitdust.fish

.PHONY: help setup build release test check check-neon kill-sweep random-kills slow-peers fuzz sim sim-dht fmt lint \
	bench install uninstall backup clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Install the Debian packages that are missing; quiet when there is nothing to do
	@scripts/setup

build: setup ## Build for debugging
	$(BUILD)

release: setup ## Build the optimised binary
	$(BUILD) -c release --product bitdust

test: setup ## Build and run all tests
	@scripts/test "$(SCRATCH)"

check: lint test ## All that a commit must pass: format, build without warnings, tests, tidiness

check-neon: ## Hold the NEON kernels against the scalar ones, emulated where need be
	@scripts/check-neon

kill-sweep: setup ## Kill the program KILLS (5000) times at random moments, by SEED (1)
	BITDUST_KILL_COUNT=$(or $(KILLS),5000) BITDUST_KILL_SEED=$(or $(SEED),1) \
		$(SWIFT) test --scratch-path "$(SCRATCH)" --filter KillTests

random-kills: build ## Kill suppliers and backups of a network KILLS (200) times, by SEED (1)
	@scripts/random-kills "$$($(BUILD) --show-bin-path)/bitdust" $(or $(KILLS),200) $(or $(SEED),1)

slow-peers: setup ## Back up to a supplier that takes nothing, and measure the memory it costs
	BITDUST_SLOW_PEERS=1 $(SWIFT) test --scratch-path "$(SCRATCH)" --no-parallel \
		--filter "ThreatA11MemoryTests|SlowSuppliersTests"

fuzz: setup ## Feed each decoder hostile inputs for FUZZ_SECONDS (10)
	@scripts/fuzz

sim-dht: setup ## Simulate DHTs of 10,000 and 100,000 nodes, by BITDUST_SIM_SEED (1)
	BITDUST_SIM_DHT=1 BITDUST_BENCH_DHT=1 \
		$(SWIFT) test --scratch-path "$(SCRATCH)" --filter 'LargeSimulationTests|CoreBenchTests'

sim: setup ## Play ten years of 500 suppliers and their repairs, BITDUST_SIM_SEEDS (20) times
	BITDUST_SIM_REPAIR=1 $(SWIFT) test --scratch-path "$(SCRATCH)" --filter LargeRepairTests

fmt: ## Format the Swift files
	$(SWIFT) format format --in-place --recursive --parallel $(FORMATTED)

lint: setup ## Say which Swift files are not formatted
	$(SWIFT) format lint --strict --recursive --parallel $(FORMATTED)

bench: release ## Measure the stages beside their ceilings, then backups against restic
	@Benchmarks/stages.sh "$$($(BUILD) -c release --show-bin-path)/bitdust"
	@Benchmarks/allocations.sh "$$($(BUILD) -c release --show-bin-path)/bitdust"
	@Benchmarks/disk-image.sh "$$($(BUILD) -c release --show-bin-path)/bitdust"
	@Benchmarks/against-restic.sh "$$($(BUILD) -c release --show-bin-path)/bitdust"

install: setup ## Install to PREFIX (/usr/local), below DESTDIR when it is set
	$(SWIFT) build --scratch-path $(STATIC) -c release --product bitdust --static-swift-stdlib
	@scripts/install "$(STATIC)/release/bitdust" "$(DESTDIR)$(PREFIX)/bin/bitdust" \
		"$(COMPLETIONS_BASH)" "$(COMPLETIONS_ZSH)" "$(COMPLETIONS_FISH)"

uninstall: ## Remove what install put under PREFIX
	rm -f "$(DESTDIR)$(PREFIX)/bin/bitdust" \
		"$(COMPLETIONS_BASH)" "$(COMPLETIONS_ZSH)" "$(COMPLETIONS_FISH)"

backup: export BACKUP_DIR = $(DIR)
backup: ## Build and back up a folder: make backup DIR=~/docs
	@[[ -n "$$BACKUP_DIR" ]] || { echo "Say which folder: make backup DIR=~/docs" >&2; exit 64; }
	@$(MAKE) release
	@"$$($(BUILD) -c release --show-bin-path)/bitdust" backup "$${BACKUP_DIR/#\~/$$HOME}"

clean: ## Remove what was built here
	rm -rf .build .build-fuzz $(STATIC)
