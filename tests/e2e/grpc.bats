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

SERVERS=(core golang nghttp2)
OTHERS=(bare web)

setup_file() {
	OBSTACLE=$(lack)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	DIR=$(mktemp -d "${TMPDIR:-/tmp}/hale-grpc.XXXXXX")
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
	rm -rf "$DIR"
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

# ---- Servers: "" is up as long as there is a file ----

make_core() {
	cat >"$DIR/core.py" <<-'END'
		import os, sys
		from concurrent import futures
		import grpc

		def check(request, context):
		    name = request[2:].decode()
		    up = os.path.exists(os.path.join(sys.path[0], 'up'))
		    states = {'': 1 if up else 2, 'up': 1, 'down': 2, 'odd': 0}
		    if name not in states:
		        context.abort(grpc.StatusCode.NOT_FOUND, 'no such one')
		    if name == 'odd':
		        return b''
		    return bytes([8, states[name]])

		server = grpc.server(futures.ThreadPoolExecutor(4))
		if sys.argv[1] == 'health':
		    server.add_generic_rpc_handlers((
		        grpc.method_handlers_generic_handler(
		            'grpc.health.v1.Health',
		            {'Check': grpc.unary_unary_rpc_method_handler(check)}),))
		print(server.add_insecure_port('127.0.0.1:0'), flush=True)
		server.start()
		server.wait_for_termination()
	END
	script core "$PYTHON" "$DIR/core.py" health
	script bare "$PYTHON" "$DIR/core.py" bare
}

make_golang() {
	mkdir "$DIR/go"
	cat >"$DIR/go/main.go" <<-'END'
		package main

		import (
			"fmt"
			"net"
			"os"
			"time"

			"google.golang.org/grpc"
			"google.golang.org/grpc/health"
			pb "google.golang.org/grpc/health/grpc_health_v1"
		)

		const (
			up   = pb.HealthCheckResponse_SERVING
			down = pb.HealthCheckResponse_NOT_SERVING
		)

		func main() {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				panic(err)
			}
			fmt.Println(listener.Addr().(*net.TCPAddr).Port)
			states := health.NewServer()
			states.SetServingStatus("up", up)
			states.SetServingStatus("down", down)
			states.SetServingStatus("odd", pb.HealthCheckResponse_UNKNOWN)
			go func() {
				for ; ; time.Sleep(10 * time.Millisecond) {
					if _, err := os.Stat(os.Args[1]); err != nil {
						states.SetServingStatus("", down)
					} else {
						states.SetServingStatus("", up)
					}
				}
			}()
			server := grpc.NewServer()
			pb.RegisterHealthServer(server, states)
			panic(server.Serve(listener))
		}
	END
	env GO111MODULE=off GOFLAGS= GOPATH="$GO_SOURCES" GOCACHE="$DIR/cache" \
		go build -o "$DIR/go/server" "$DIR/go/main.go"
	script golang "$DIR/go/server" "$DIR/up"
}

make_nghttp2() {
	cat >"$DIR/nghttp2" <<-'END'
		#!/usr/bin/env node
		const fs = require('node:fs');
		const path = require('node:path');
		const server = require('node:http2').createServer();
		server.on('stream', (stream) => {
			stream.once('data', (call) => {
				const up = fs.existsSync(path.join(__dirname, 'up'));
				const name = call.toString('latin1', 7);
				const states = {'': up ? 1 : 2, up: 1, down: 2, odd: 0};
				const head = {'content-type': 'application/grpc'};
				if (!(name in states)) {
					stream.respond({...head, 'grpc-status': '5'},
						{endStream: true});
					return;
				}
				stream.respond(head, {waitForTrailers: true});
				stream.on('wantTrailers', () =>
					stream.sendTrailers({'grpc-status': '0'}));
				stream.end(Buffer.from(
					[0, 0, 0, 0, 2, 8, states[name]]));
			});
		});
		server.listen(0, '127.0.0.1', () =>
			console.log(server.address().port));
	END
	chmod +x "$DIR/nghttp2"
}

# HTTP/1.1, of which a gRPC target is not to be taken for healthy.
make_web() {
	cat >"$DIR/web" <<-'END'
		#!/usr/bin/env node
		const server = require('node:http').createServer(
			(request, response) => response.end());
		server.listen(0, '127.0.0.1', () =>
			console.log(server.address().port));
	END
	chmod +x "$DIR/web"
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
