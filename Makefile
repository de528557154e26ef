# Everything needs only Go and make. What else a step needs (golangci-lint, a C
# compiler for the race detector) is used where it is there; where it is not, the
# step says so and is skipped, or fails if VAKT_TEST_REQUIRE names it.
#
#   VAKT_TEST_REQUIRE=lint,race,fixtures,cross    what must not be skipped
#   PKGS=./internal/rule                          less than everything

PKGS ?= ./...
FUZZTIME ?= 5s
PLATFORMS = windows/amd64 darwin/arm64 linux/arm64

export CGO_ENABLED = 0
export VAKT_TEST_REQUIRE

# $(call required,NAME): is it in VAKT_TEST_REQUIRE?
required = echo ",$(VAKT_TEST_REQUIRE)," | grep -q ",$(1),"
# $(call missing,NAME,REASON): fail where NAME is required, else note the skip.
missing = if $(call required,$(1)); then echo "$(1): $(2); VAKT_TEST_REQUIRE asks for it" >&2; exit 1; \
	else echo "skipped $(1): $(2)" | tee -a bin/skipped; fi

.NOTPARALLEL:
.PHONY: help demo demo-apply test unit fmt vet tidy build lint cross cross-if-required fuzz simulate thousand crash crash-double sabotage bench clean

help:
	@echo "make demo    a simulated tenant: its forgotten accounts, a report, its logs and the alerts in them"
	@echo "make demo-apply   the same, and the plan is carried out, verified and taken back"
	@echo "make test    formatting, vet, go.mod, build, lint, cross-builds where required, tests"
	@echo "make lint    golangci-lint"
	@echo "make cross   build for $(PLATFORMS)"
	@echo "make fuzz    every fuzz target for FUZZTIME=$(FUZZTIME)"
	@echo "make simulate SEEDS=n   stories of plans that are applied while everything goes wrong; SEED=n tells one"
	@echo "make thousand   how long a run over a thousand accounts takes while one request in a hundred fails"
	@echo "make crash   a run is killed at every point, under every answer; crash-double kills the recovery too"
	@echo "make sabotage   the simulation must notice every one of a list of deliberate mistakes"
	@echo "make bench   how fast reading and detection are, beside peers, and what is found of a simulated month, in one run"
	@echo "make clean   remove bin/"

# vakt detect ends with 4 where it found something at or above --fail-on.
demo:
	@go build -trimpath -o bin/ ./cmd/vakt
	@.ci/demo bin/vakt bin/demo

# The same, and the plan carried out, verified and taken back.
demo-apply:
	@go build -trimpath -o bin/ ./cmd/vakt
	@.ci/demo bin/vakt bin/demo apply

# The tests come last, so that their closing lines are the last lines.
test: clean-skips fmt vet tidy build lint cross-if-required unit
	@if [ -s bin/skipped ]; then echo "Not everything ran:"; cat bin/skipped; else echo "Nothing was skipped."; fi

.PHONY: clean-skips
clean-skips:
	@mkdir -p bin && rm -f bin/skipped

fmt:
	@unformatted=$$(gofmt -l .) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; fi

vet:
	go vet $(PKGS)

tidy:
	go mod tidy -diff

build:
	@mkdir -p bin
	go build $(PKGS)

lint:
	@mkdir -p bin
	@PATH="$(CURDIR)/bin/tools:$$PATH"; \
	if command -v golangci-lint >/dev/null; then golangci-lint run $(PKGS); \
	else $(call missing,lint,no golangci-lint: go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0); fi

cross:
	@for platform in $(PLATFORMS); do \
		echo "build for $$platform"; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} go build $(PKGS) || exit 1; \
	done

cross-if-required:
	@if $(call required,cross); then $(MAKE) --no-print-directory cross; \
	else $(call missing,cross,takes minutes: make cross); fi

# The race detector needs cgo, and that a C compiler. -v is for the skipped
# tests and their reasons; .ci/tests.awk leaves the rest of it out.
unit:
	@mkdir -p bin
	@if command -v "$$(go env CC)" >/dev/null; then race=-race; export CGO_ENABLED=1; \
	else race=; $(call missing,race,no C compiler $$(go env CC)); fi; \
	echo "go test $$race -shuffle=on $(PKGS)"; \
	{ go test -v $$race -shuffle=on -timeout 40m $(PKGS) 2>&1; echo $$? >bin/status; } | awk -v skips=bin/skipped -f .ci/tests.awk; \
	exit $$(cat bin/status)

fuzz:
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file name; do \
		target=$${name#func }; package=$${file%/*}; \
		echo "$$package $$target"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$package" || exit 1; \
	done

# The garbage collector is told to take its time: the stories need little memory.
SEEDS ?= 10000
FROM ?= 0
SEED ?= -1
simulate: export GOGC = 400
simulate:
	VAKT_SEEDS=$(SEEDS) VAKT_SEED_FROM=$(FROM) VAKT_SEED=$(SEED) go test -count=1 -run 'TestSimulate$$' -v -timeout 12h ./internal/plan

# Without the race detector, so that it takes two minutes and not twenty.
thousand: export GOGC = 400
thousand:
	go test -count=1 -run 'TestThousandAccountsInMinutes$$' -v -timeout 1h ./internal/plan

crash: export GOGC = 400
crash:
	VAKT_CRASH=single go test -count=1 -run 'TestCrashMatrix$$' -v -timeout 1h ./internal/plan

crash-double: export GOGC = 400
crash-double:
	VAKT_CRASH=double go test -count=1 -run 'TestCrashMatrix$$' -v -timeout 12h ./internal/plan

sabotage:
	go test -count=1 -tags sabotage -run 'TestSabotage$$' -v -timeout 6h ./internal/plan

bench:
	go run ./cmd/bench $(BENCHFLAGS)

clean:
	rm -rf bin
