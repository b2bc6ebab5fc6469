# What a person types. `make demo` and `make test` need nothing by hand on a Debian machine with Rust, Java 17, Maven and
# Node 20; what else is missing is installed (apt, when root) or named in one line.

TARGET := $(or $(CARGO_TARGET_DIR),target)

CACHE := $(or $(OMNI_CACHE_DIR),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/omni)

.PHONY: setup web build demo test kills upgrade soak fuzz lambda rules observe kubernetes containers rolling lint fmt clean

setup: ## What the build needs: system packages, the page's packages
	@deploy/setup.sh
	@$(MAKE) --no-print-directory web/node_modules/.package-lock.json

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

web: setup ## The page, into web/dist
	cd web && npm run build

build: setup ## The tool with all stages, as `make demo` runs it
	cargo build --locked --release -p omni

demo: build ## Everything on this machine with a simulated Pipedrive; prints the dashboard's address
	$(TARGET)/release/omni dev --demo

test: web ## All tests, on real Kafka and ClickHouse and in a real browser
	@deploy/setup.sh browser
	cargo build --locked --workspace
	$(TARGET)/debug/omni services -- node deploy/test.mjs
	cd web && npm test
	node --test deploy/gtm/harness/*.test.mjs
	@$(MAKE) --no-print-directory rules kubernetes containers
	cd web && npm run --if-present e2e

kills: setup ## The enricher killed a hundred times in mid-stream (`make test` does it twenty times)
	cargo build --locked --workspace
	OMNI_KILLS=100 $(TARGET)/debug/omni services -- cargo test --locked -p omni-enricher --test enricher kill::

upgrade: setup ## A rolling upgrade under faults, counted: PREVIOUS=<commit or tag> is built beside this tree and upgraded from
	@test -n "$(PREVIOUS)" || { echo "say which version is upgraded from: make upgrade PREVIOUS=<commit or tag>"; exit 2; }
	@test -d $(TARGET)/previous || git worktree add --detach $(TARGET)/previous $(PREVIOUS)
	git -C $(TARGET)/previous checkout --detach $(PREVIOUS)
	cd $(TARGET)/previous && CARGO_TARGET_DIR=$(abspath $(TARGET))/of-previous cargo build --locked -p omni
	cargo build --locked -p omni
	$(TARGET)/debug/omni chaos --minutes $(or $(MINUTES),3) --seed $(or $(SEED),5) --previous $(TARGET)/of-previous/debug/omni

soak: setup ## An hour of bans, 429s, restarts, an upgrade and a killed broker, then everything is counted (MINUTES=20 for the first part)
	@deploy/setup.sh prometheus
	cargo build --locked --release -p omni
	cd web && npm run build
	OMNI_BIN=$(abspath $(TARGET))/release/omni PROMETHEUS=$(CACHE)/prometheus/bin/prometheus MINUTES=$(or $(MINUTES),60) node bench/soak/soak.mjs

fuzz: setup ## What reads foreign data, fed with nonsense for a minute each (OMNI_FUZZ_SECONDS)
	OMNI_FUZZ_SECONDS=$(or $(OMNI_FUZZ_SECONDS),60) cargo test --locked --release -p fuzz -- --nocapture

lambda: ## The function for AWS Lambda, into deploy/aws-lambda/lambda.zip (LAMBDA_ARCH=arm64 or x86_64 for another machine's)
	@deploy/setup.sh lambda
	deploy/aws-lambda/package.sh

rules: ## Prometheus' rules: read, and tried on made-up series (deploy/prometheus/tests)
	@deploy/setup.sh prometheus
	$(CACHE)/prometheus/bin/promtool check rules deploy/prometheus/alerts.yml
	$(CACHE)/prometheus/bin/promtool test rules deploy/prometheus/tests/*.yml
	node deploy/grafana/boards.mjs --check

observe: setup ## Every query of the boards, on a Prometheus of its own beside `omni dev --demo`; takes a few minutes
	@deploy/setup.sh prometheus
	cargo build --locked -p omni
	OMNI_BIN=$(abspath $(TARGET))/debug/omni PROMETHEUS=$(CACHE)/prometheus/bin/prometheus node --test deploy/grafana/check.test.mjs

kubernetes: ## deploy/kubernetes: rendered, held against Kubernetes' schemas, rules and our own programs
	@deploy/setup.sh kubernetes
	cargo build --locked --workspace
	OMNI_BIN=$(abspath $(TARGET))/debug node --test deploy/kubernetes/check/*.test.mjs

containers: ## The compose files: read, and held against our own programs
	@deploy/setup.sh kubernetes
	cargo build --locked --workspace
	OMNI_BIN=$(abspath $(TARGET))/debug node --test deploy/docker/check/*.test.mjs

rolling: ## docker-compose.production.yml: every service replaced while webhooks come; needs Docker, takes some ten minutes beside the build
	docker compose --file docker-compose.production.yml build
	node deploy/docker/rolling/rolling.mjs

lint: setup ## Formats and lints, without changing anything
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cd web && npm run --if-present lint

fmt: ## Formats everything
	cargo fmt --all
	cd web && npm run --if-present format

clean: ## Removes what was built; data (.omni) and downloads (~/.cache/omni) stay
	cargo clean
	rm -rf web/dist web/node_modules
