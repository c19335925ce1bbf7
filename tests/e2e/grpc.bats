#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Real servers of gRPC asked for their health: gRPC's own in C++ (through its
# Python) and in Go, and Node's HTTP/2 with a call that is answered by hand.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

PYTHON=/usr/bin/python3 # for which Debian has the module
GO_SOURCES=/usr/share/gocode
SOURCES=$BATS_TEST_DIRNAME/grpc

SERVERS=(core golang nghttp2)
OTHERS=(bare web)

setup_file() {
	OBSTACLE=$(lack)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	DIR=$BATS_FILE_TMPDIR # bats removes it, also if it is interrupted
	export DIR
	make_core
	make_golang
	make_nghttp2
	make_web
	for server in "${SERVERS[@]}" "${OTHERS[@]}"; do
		start "$server"
	done
}

teardown_file() {
	[ -z "$OBSTACLE" ] || return 0
	for server in "${SERVERS[@]}" "${OTHERS[@]}"; do
		kill "$(<"$DIR/$server.pid")"
	done
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
	: >"$DIR/up"
}

lack() {
	if ! "$PYTHON" -c 'import grpc' 2>/dev/null; then
		echo "needs Python's grpc, which is not installed"
	elif ! command -v go >/dev/null; then
		echo "needs go, which is not installed"
	elif ! [ -d "$GO_SOURCES/src/google.golang.org/grpc/health" ]; then
		echo "needs Go's grpc, which is not installed"
	elif ! command -v node >/dev/null; then
		echo "needs node, which is not installed"
	fi
}

# What runs this command.
script() { # NAME COMMAND...
	printf '#!/bin/sh\nexec %s\n' "${*:2}" >"$DIR/$1"
	chmod +x "$DIR/$1"
}

# Servers, in grpc/: "" is up as long as there is a file.

make_core() {
	script core "$PYTHON" -B "$SOURCES/core.py" health "$DIR/up"
	script bare "$PYTHON" -B "$SOURCES/core.py" bare
}

make_golang() {
	env GO111MODULE=off GOFLAGS= GOPATH="$GO_SOURCES" GOCACHE="$DIR/cache" \
		go build -o "$DIR/server" "$SOURCES/main.go"
	script golang "$DIR/server" "$DIR/up"
}

make_nghttp2() {
	script nghttp2 node "$SOURCES/http2.js" "$DIR/up"
}

make_web() {
	script web node "$SOURCES/web.js"
}

# Each says which port it has got.
start() { # SERVER
	"$DIR/$1" >"$DIR/$1.port" 2>"$DIR/$1.log" 3>&- 4>&- &
	echo $! >"$DIR/$1.pid"
	wait_until 60 test -s "$DIR/$1.port"
}

target() { # SERVER [SERVICE]
	echo "grpc://localhost:$(<"$DIR/$1.port")${2+/$2}"
}

# Ask, and expect this.
says() { # LINE SERVER [SERVICE]
	local target line

	target=$(target "${@:2}")
	line=$("$HALE" --check --health-timeout 1m "$target") || true
	echo "$target: $line"
	[ "$line" = "${1/TARGET/"unhealthy: $target"}" ]
}

# ---- Tests ----

@test "a server is as healthy as it says" {
	for server in "${SERVERS[@]}"; do
		says healthy "$server"
		says healthy "$server" ''
	done
	rm "$DIR/up"
	for server in "${SERVERS[@]}"; do
		wait_until 10 says 'TARGET: NOT_SERVING' "$server"
	done
}

@test "a service is as healthy as the server says" {
	for server in "${SERVERS[@]}"; do
		says healthy "$server" up
		says 'TARGET: NOT_SERVING' "$server" down
		says 'TARGET: UNKNOWN' "$server" odd
		says 'TARGET: service unknown' "$server" nobody
	done
}

@test "a server without health, or without gRPC, is told from one that has it" {
	says 'TARGET: no health service' bare
	says 'TARGET: no health service' bare up
	says 'TARGET: server speaks HTTP/1.1' web
}

@test "a server is watched" {
	"$HALE" --health "$(target core)" --health "$(target golang)" \
		--health "$(target nghttp2)" --health-interval 200ms \
		--health-timeout 1m -- sleep 1000 3>&- 4>&- &
	init=$!
	wait_until 30 grep -qx hale:healthy "/proc/$init/comm"
	rm "$DIR/up"
	wait_until 30 grep -qx hale:unhealthy "/proc/$init/comm"
	: >"$DIR/up"
	wait_until 30 grep -qx hale:healthy "/proc/$init/comm"
	kill "$init"
	wait "$init" || [ "$?" -eq 143 ]
}
