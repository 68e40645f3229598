# Thin on purpose: the logic lives in Python. `make help` lists what there is to do.
# Variables given on make's command line reach the programs as environment variables.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two measurements at once would measure each other, whatever make -j says.
.NOTPARALLEL:

PYTHON ?= python3
INSTALL := $(PYTHON) -I requirements/install.py
LAB := .lab/envs/lab/bin/python -E
DEV := .lab/envs/dev/bin
LAB_READY := .lab/envs/lab/.ready
DEV_READY := .lab/envs/dev/.ready
TOXIPROXY := .lab/toxiproxy/server
COMPOSE := docker compose --file compose/compose.yaml
OWN_GO := $(if $(shell command -v go),,.lab/envs/go/bin/go)
GO := $(or $(OWN_GO),go)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2} /^#: / {print substr($$0, 4)}' Makefile

#:
#: The comparison (one measurement at a time on a machine: WHEN_TAKEN=wait waits for another one's end)
.PHONY: bench aa gate rate report advise load-worker bench-sync bench-async compare locust-ui overhead
bench: $(LAB_READY) ## the main job: contenders in interleaved pairs, and a report: A=sync B=async, or CONTENDERS='sync sync-gevent async' (up to eight, each against the first) PROFILE='peak steady' (light, burst) WORKLOAD=mixed PAIRS=10 USERS=32 RATE= PROCESSES=1 PLACEMENT=free (or apart) CONTENDER_PYTHON=python3.13 BACKEND=replay DELAY_MS= MASTER= QUICK= BUSY= RESUME= APPEND=results/… TARGET_A= TARGET_B= ALLOW= AGENT_A= AGENT_B= AGENT_TOKEN= POLICY=equal-workers (tuned-each, or equal-memory MEMORY_MIB=512)
	@$(LAB) -m loadtests bench

aa: $(LAB_READY) ## a contender against itself, A=sync: this machine's noise floor, for later reports
	@$(LAB) -m loadtests aa

gate: $(LAB_READY) ## the current code against an earlier result's, BASE=results/… MARGINS='cpu=5% p95=15%' PAIRS=24 (at most); ends with Error 1 for a regression, 2 invalid, 3 inconclusive
	@$(LAB) -m loadtests gate

rate: $(LAB_READY) ## the highest rate that each contender sustains: SLO='p99<200ms,errors<0.1%' A=sync B=async STEP=10s
	@$(LAB) -m loadtests rate

report: $(LAB_READY) ## draw a comparison's pictures and report again: RUN=results/latest-compare
	@$(LAB) -m loadtests report

advise: $(LAB_READY) ## workers, threads, nodes and machines for RATE= requests/s, by what a comparison measured: SLO='p99<200ms' LATENCY_MS= RUN=results/latest-compare CORES=16 MEMORY_GIB=64 (of a machine)
	@$(LAB) -m loadtests advise

load-worker: $(LAB_READY) ## one more process of load, from this host, for make bench MASTER=HOST:PORT PROCESSES=… on another: MASTER=HOST:PORT ALLOW='host host'
	@$(LAB) -m loadtests load-worker

bench-sync: $(LAB_READY) ## one run of the sync twin: USERS=10 SPAWN_RATE=10 DURATION=30s WARMUP=5s WORKLOAD=mixed WORKERS=1 THREADS=16 QUICK=
	@$(LAB) -m loadtests bench-sync

bench-async: $(LAB_READY) ## one run of the async twin, with the same variables
	@$(LAB) -m loadtests bench-async

compare: $(LAB_READY) ## two single runs side by side: the latest, or A=results/… B=results/… (FORCE=1 though conditions differ)
	@$(LAB) -m loadtests compare

locust-ui: $(LAB_READY) ## Locust's own web page against a running twin: TARGET=http://127.0.0.1:5000
	@$(LAB) -m loadtests locust-ui

overhead: $(LAB_READY) ## CPU time of each twin against a bare application on its stack: PAIRS=10 USERS=8 QUICK= BUSY= RESUME=; ends with Error 1 above the limit, 2 invalid, 3 inconclusive
	@$(LAB) -m loadtests overhead

#:
#: The museum of failures, and the ledger of claims
.PHONY: pitfalls claims
pitfalls: $(LAB_READY) $(TOXIPROXY) ## every known way in which async Flask with Elasticsearch breaks, shown and cured: ONLY=name for one
	@$(LAB) -m pitfalls

claims: $(LAB_READY) $(TOXIPROXY) ## what is claimed of sync and async services, tried here, within 45 minutes: ONLY=name for one, BUSY=1
	@$(LAB) -m claims

#:
#: The services
.PHONY: up down serve-sync serve-async agent
up: $(LAB_READY) ## Elasticsearch with its books: BOOKS=10000 CORPUS=file.ndjson ES_PORT= ES_HEAP=1g, or ES_URL=http://… (ES_API_KEY= ES_CA_CERTS=), or BACKEND=docker; BACKEND=replay DELAY_MS=20 before any of these (or lognormal:MEDIAN:SIGMA)
	@$(LAB) -m loadtests up

down: $(LAB_READY) ## stop it (its data stay)
	@$(LAB) -m loadtests down

serve-sync: $(LAB_READY) ## the sync twin at http://127.0.0.1:5000: PORT=5000 WORKERS=1 THREADS=16, and LAB_… (see README)
	@$(LAB) -m loadtests serve-sync

serve-async: $(LAB_READY) ## the async twin at http://127.0.0.1:5001: PORT=5001 WORKERS=1, and LAB_…
	@$(LAB) -m loadtests serve-async

agent: $(LAB_READY) ## tells a lab on another host what the service on a port of this one uses: PORT=5000 AGENT_TOKEN=… AGENT_HOST=127.0.0.1 AGENT_PORT=5100
	@$(LAB) -m loadtests agent

#:
#: The same in containers (docs/containers.md)
.PHONY: docker-up docker-down docker-bench images-check
docker-up: ## Elasticsearch with its books, Kibana, Toxiproxy and both twins, by Docker Compose: BOOKS=10000 ES_HEAP=1g TWIN_CPUS=1.0 TWIN_MEMORY=512m, and LAB_…
	@$(COMPOSE) --profile backend --profile twins up --build --detach --wait

docker-down: ## stop all that (its data stay)
	@$(COMPOSE) --profile backend --profile twins --profile load down

docker-bench: ## make bench in containers, of both twins in theirs: PROFILE= WORKLOAD= PAIRS= USERS= RATE= QUICK= BUSY= RESUME= APPEND=results/… PROCESSES=2
	@$(COMPOSE) --profile load build
	@OWNER=$$(id -u):$$(id -g) $(COMPOSE) --profile load run --rm --use-aliases bench

images-check: $(DEV_READY) .lab/envs/images/.ready ## the images built and tried, without Docker: needs root, buildah, debootstrap and docker-compose
	@$(DEV)/python -m pytest -m images tests/images $(ARGS)

#:
#: In the Kubernetes cluster that kubectl is set to (docs/kubernetes.md)
.PHONY: kubernetes-bench kubernetes-results
kubernetes-bench: ## one comparison there, as compose/kubernetes/load/ says, and its results in results/
	kubectl wait --for=condition=Available --timeout=15m deployment/twin-sync deployment/twin-async
	kubectl delete -k compose/kubernetes/load --ignore-not-found --cascade=foreground
	kubectl apply -k compose/kubernetes/load
	kubectl wait --for=jsonpath='{.status.active}'=1 job/load-master
	kubectl wait --for=jsonpath='{.status.containerStatuses[0].containerID}' --timeout=15m \
		pod --selector app.kubernetes.io/name=load-master
	kubectl logs --follow job/load-master
	kubectl wait --for=condition=Complete --timeout=1m job/load-master
	@$(MAKE) --no-print-directory kubernetes-results

kubernetes-results: ## fetch all that its comparisons left
	kubectl delete -k compose/kubernetes/fetch --ignore-not-found
	kubectl apply -k compose/kubernetes/fetch
	kubectl wait --for=condition=Ready --timeout=5m pod/fetch
	set -o pipefail; kubectl exec fetch -- sh -c 'cd /results && tar --create --file=- --exclude=lost+found $$(ls -A)' \
		| tar --extract --file=- --no-same-owner --directory=results
	kubectl delete -k compose/kubernetes/fetch

#:
#: The project
.PHONY: setup test test-robustness test-browser fuzz lint lock
setup: $(LAB_READY) ## install what running needs (every other target does so by itself)

test: $(DEV_READY) ## the tests, on an Elasticsearch of their own: ARGS='-k words' for some
	@$(DEV)/python -m pytest -n 2 --dist loadgroup $(ARGS)

test-robustness: $(DEV_READY) $(TOXIPROXY) ## those that take longer: broken backends, hostile clients, stops under load, the other contenders, several hosts
	@$(DEV)/python -m pytest -n 2 --dist loadgroup -m robustness $(ARGS)

test-browser: $(DEV_READY) ## the pages and the report in Chromium, which must be installed (Debian: apt-get install chromium): ARGS='-k words'
	@$(DEV)/python -m pytest -m browser tests/browser $(ARGS)

fuzz: $(DEV_READY) ## both twins on made-up requests, always others: FUZZ_EXAMPLES=2000 (and a sixth for each operation of the schemas)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-2000} $(DEV)/python -m pytest tests/twins/test_fuzz.py tests/twins/test_schemas.py

lint: $(DEV_READY) ## ruff, mypy and the import contracts
	@$(DEV)/ruff check .
	@$(DEV)/ruff format --check .
	@$(DEV)/mypy .
	@$(DEV)/lint-imports

lock: ## write requirements/*.txt anew from pyproject.toml (UPGRADE=1 for newer versions)
	$(INSTALL) uv pip compile -q $(COMPILE) --group lab -o requirements/lab.txt
	$(INSTALL) uv pip compile -q $(COMPILE) --group lab --group dev -c requirements/lab.txt -o requirements/dev.txt
	$(INSTALL) uv pip compile -q $(COMPILE) --group twins -c requirements/lab.txt -o requirements/twins.txt
	$(INSTALL) uv pip compile -q $(COMPILE) --group contenders -c requirements/lab.txt -o requirements/contenders.txt
	$(OUR_VERSIONS) > .lab/our-versions.txt
	$(INSTALL) uv pip compile -q $(COMPILE) --no-annotate --group today -c .lab/our-versions.txt -o requirements/today.txt
	$(INSTALL) uv pip compile -q $(COMPILE) --group images -o requirements/images.txt
	$(INSTALL) uv pip compile -q $(COMPILE) --group go -o requirements/go.txt
	$(INSTALL) uv pip compile -q $(COMPILE) --group uv -o requirements/uv.txt
	for name in $(PITFALLS); do $(INSTALL) uv pip compile -q $(COMPILE) --group $$name -o requirements/$$name.txt || exit 1; done

PITFALLS := pitfalls-client-7 pitfalls-transport-8-13-0 pitfalls-transport-8-13-1 pitfalls-aioflask-alone pitfalls-quart
COMPILE = --universal --generate-hashes --python-version 3.11 --no-header $(if $(UPGRADE),--upgrade) pyproject.toml

# What both stacks have is of one version, so that they differ in their frameworks alone.
OUR_VERSIONS = grep -oE '^[A-Za-z0-9.-]+==[^ ]+' requirements/lab.txt | grep -vE '^(flask|werkzeug)=='

ENV_PYTHON := >=3.11,<3.14
# The one that aiohttp 3.7.4 was tried on.
.lab/envs/pitfalls-client-7/.ready: ENV_PYTHON := >=3.11,<3.12

# An environment is ready when it holds what its lock says.
.lab/envs/%/.ready: requirements/%.txt
	@echo "setting up $(@D) from $<" >&2
	@$(INSTALL) environment $< $(@D) '$(ENV_PYTHON)'

# What the tests of a failing backend put before it. Without a Go compiler on the machine, one from a wheel.
$(TOXIPROXY): | $(if $(OWN_GO),.lab/envs/go/.ready)
	@echo "building $@" >&2
	@$(INSTALL) go $(GO) github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0 $(@D)
