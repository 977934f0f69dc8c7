# Kinora's tasks. `make` alone lists them.

GO     ?= go
TAGS   := migrated_fynedo
GOTEST  = $(GO) test -tags $(TAGS) -p 2 -count 1

# The rooms that need a C compiler. All others build and test without one.
CGO  := ./ffmpeg/... ./cmd/kinora/...
PURE  = $(shell $(GO) list ./... | grep -Ev '/(ffmpeg|cmd/kinora)(/|$$)')

BUILD_PACKAGES := pkg-config gcc libc6-dev libgl1-mesa-dev xorg-dev libxcb1-dev libwayland-dev libxkbcommon-dev libasound2-dev \
	libavcodec-dev libavdevice-dev libavfilter-dev libavformat-dev libavutil-dev libswresample-dev libswscale-dev \
	fonts-dejavu-core
TEST_PACKAGES  := dbus-daemon xvfb xdotool imagemagick libgl1-mesa-dri ffmpeg mpv awscli chromium libnss3-tools coturn pulseaudio
BENCH_PACKAGES := mpv

.PHONY: help
help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: deps build ## build and start Kinora with its demo cameras; without a display: for 20 s on a virtual one
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		exec build/kinora --demo; \
	else \
		echo "There is no display: Kinora runs on a virtual one for 20 s, with screenshots in build/screens."; \
		$(MAKE) --no-print-directory deps-test && $(GO) run ./internal/screens -demo 20s && \
		$(GO) run ./internal/bench -only latency -out ""; \
	fi

.PHONY: build
build: ## build/kinora with build/kinora-desktop, the app, and build/kinorad, the local service alone
	$(GO) build -tags $(TAGS) -trimpath -o build/kinora-desktop ./cmd/kinora
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o build/kinora ./cmd/kinora
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o build/kinorad ./cmd/kinorad

PREFIX ?= /usr/local

.PHONY: install
install: build ## the programs and the desktop's entry, which opens kinora:// links, below PREFIX (/usr/local)
	install -D -t $(DESTDIR)$(PREFIX)/bin build/kinora build/kinora-desktop build/kinorad
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/applications assets/packaging/io.github.kinora.Kinora.desktop
	install -D -m 644 assets/icon.png $(DESTDIR)$(PREFIX)/share/icons/hicolor/512x512/apps/io.github.kinora.Kinora.png
	@if command -v update-desktop-database >/dev/null; then update-desktop-database -q $(DESTDIR)$(PREFIX)/share/applications; fi

.PHONY: test
test: build ## vet and all tests: pure packages, then codecs, app and end to end
	@echo "Vet"
	$(GO) vet -tags $(TAGS) ./...
	@echo "Pure packages, without a C compiler"
	CGO_ENABLED=0 $(GOTEST) -timeout 10m $(PURE)
	@echo "Codecs, the app, and end to end on a virtual display"
	$(GOTEST) -timeout 15m $(CGO)

.PHONY: race
race: ## all tests under the race detector
	$(GOTEST) -race -timeout 30m ./...

.PHONY: lint
lint: ## gofmt, vet, staticcheck, known vulnerabilities
	scripts/lint

.PHONY: players
players: deps-test ## hls.js, shaka-player and dash.js in Chromium, and FFmpeg, also live and replayed, for some minutes
	PLAYERS=all CGO_ENABLED=0 $(GOTEST) -v -timeout 15m -run Players ./localkvs

.PHONY: bench
bench: bench-deps deps-test build ## measure latency, CPU, memory and ingest from outside; table and build/bench.json
	$(GO) run ./internal/bench

.PHONY: torture
torture: build ## 200 recordings over a failing network, with recorder and service killed; nothing may be missing or doubled; calls over a rough one
	$(GO) run ./internal/torture
	$(GO) run ./internal/torture/calls

.PHONY: screens
screens: deps-test build ## screenshots of every page and state in build/screens
	$(GO) run ./internal/screens

.PHONY: deps
deps: ## install the Debian packages that the build needs, if any are missing
	@scripts/deps $(BUILD_PACKAGES)

.PHONY: deps-test
deps-test: ## likewise for the tests
	@scripts/deps $(TEST_PACKAGES)
	@scripts/players

.PHONY: bench-deps
bench-deps: ## likewise for the peers that the benchmark compares with
	@scripts/deps $(BENCH_PACKAGES)

.PHONY: clean
clean: ## remove build/ and what failed tests left
	rm -rf build
	find . -path '*/testdata/failed' -prune -exec rm -rf {} +
