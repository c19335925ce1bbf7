#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# examples/compose/compose.yaml as it is, built and run by docker-compose with a
# real Docker engine, on bases made here: whether each line of it does what the
# comment beside it says.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

GREETING='Hello from a container that hale looks after.'

setup_file() {
	OBSTACLE=$(obstacle docker dockerd docker-compose containerd runc \
		iptables node busybox gcc musl-gcc make jq)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker "$HALE" network
	node_rootfs "$E2E/node"
	alpine_rootfs "$E2E/alpine"
	import "$E2E/node" node-stand-in:nonroot
	import "$E2E/alpine" alpine-stand-in:3.22
	rm -rf "$E2E/node" "$E2E/alpine"
	ALPINE=alpine-stand-in NODE=node-stand-in compose build
}

teardown_file() {
	[ -n "$OBSTACLE" ] || compose down
	stop_engine
}

# One stack for all tests: who has stopped it leaves it for the next to start.
setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
	[ -n "$(container)" ] || compose up --detach --no-build
	server=$(container)
	wait_until 60 is_healthy
}

container() {
	docker ps --quiet --filter label=com.docker.compose.service=web
}

compose() { # COMMAND...
	docker-compose --file "$E2E_ROOT/examples/compose/compose.yaml" \
		--project-name hale "$@"
}

is_healthy() {
	[ "$(inspect "$server" .State.Health.Status)" = healthy ]
}

# What it answers on the port where it is published.
greeting() {
	nsenter --target "$(<"$E2E/first")" --net timeout 10 bash -c '
		exec 3<>/dev/tcp/127.0.0.1/8080
		printf "GET / HTTP/1.0\r\n\r\n" >&3
		tail -n 1 <&3'
}

# Node as the server's user has it, in the container.
javascript() { # SCRIPT
	docker exec "$server" /nodejs/bin/node -e "$1"
}

# A field of /proc/PID/status for hale and for the server.
field() { # NAME
	local pid

	for pid in $(processes "$server" | awk '{ print $1 }'); do
		nsenter --target "$(<"$E2E/first")" --mount --pid \
			sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"
	done | tr '\t' ' '
}

# Is this what both have there?
both() { # NAME VALUE
	[ "$(field "$1")" = "$2"$'\n'"$2" ]
}

# What the container may use, in whichever version of cgroup there is.
limit() { # CONTROLLER FILE-OF-VERSION-1 FILE-OF-VERSION-2
	local group=/sys/fs/cgroup/$1

	javascript "const { readFileSync } = require('node:fs');
		let text;
		try { text = readFileSync('$group/$2', 'utf8'); }
		catch { text = readFileSync('/sys/fs/cgroup/$3', 'utf8'); }
		console.log(text.split(' ')[0].trim());"
}

# ---- The file ----

@test "without a mirror it begins with what Dockerfile.example says" {
	local base

	run -0 compose config
	for base in ALPINE NODE; do
		grep -q -x " *$(sed -n "s/^ARG \($base\)=/\1: /p" \
			"$E2E_ROOT/Dockerfile.example")" <<<"$output"
	done
}

@test "it becomes healthy, by hale's word, and answers" {
	[ "$(inspect "$server" .Config.Healthcheck.Test)" = \
		'[CMD,/sbin/hale,--check]' ]
	only "$server" hale:healthy node
	[ "$(greeting)" = "$GREETING" ]
}

# ---- What it may do ----

@test "user 1001, no capability, no way to another, and seccomp" {
	both Uid '1001 1001 1001 1001'
	both Gid '1001 1001 1001 1001'
	both CapEff 0000000000000000
	both CapPrm 0000000000000000
	both CapAmb 0000000000000000
	both CapBnd 0000000000000400 # NET_BIND_SERVICE
	both NoNewPrivs 1
	both Seccomp 2
}

# root, so that it is the mount that says no.
writes() { # FILE
	docker exec --user 0 "$server" /nodejs/bin/node -e \
		"require('node:fs').appendFileSync('$1', 'x');"
}

@test "the root cannot be written, not even by root" {
	local file

	for file in /new /sbin/new /app/server.js /etc/hosts; do
		run -1 writes "$file"
		[[ $output = *EROFS* ]]
	done
}

@test "/tmp can be written, up to its size, and nothing runs there" {
	run -0 javascript "
		const fs = require('node:fs');
		const run = require('node:child_process').spawnSync;
		const code = (action) => {
			try { action(); } catch (error) { return error.code; }
		};
		fs.copyFileSync('/sbin/hale', '/tmp/hale');
		fs.chmodSync('/tmp/hale', 0o755);
		console.log(run('/tmp/hale', ['--version']).error.code);
		console.log(code(() => fs.writeFileSync('/tmp/big',
			Buffer.alloc(17 << 20))));
		fs.unlinkSync('/tmp/big');"
	[ "$output" = $'EACCES\nENOSPC' ]
}

# ---- What it may use ----

@test "memory: who takes more than 128 MB is killed, the server is not" {
	[ "$(limit memory memory.limit_in_bytes memory.max)" = 134217728 ]
	[ "$(inspect "$server" .HostConfig.MemorySwap)" = 134217728 ]
	run -137 javascript 'for (const all = []; ; )
		all.push(Buffer.alloc(1 << 20, 1));'
	[ "$(inspect "$server" .RestartCount)" = 0 ]
	[ "$(greeting)" = "$GREETING" ]
}

@test "processors: half of one" {
	[ "$(inspect "$server" .HostConfig.NanoCpus)" = 500000000 ]
	[ "$(limit cpu cpu.cfs_quota_us cpu.max)" = 50000 ]
}

@test "processes: 64, threads included, and not one more" {
	[ "$(limit pids pids.max pids.max)" = 64 ]
	run -0 javascript "
		const { spawn } = require('node:child_process');
		const children = [];
		const failed = (error) => {
			console.log(error.code);
			children.filter((child) => child.pid)
				.forEach((child) => child.kill('SIGKILL'));
			process.exit();
		};
		for (let n = 0; n < 64; n++)
			children.push(spawn('/sbin/hale', ['--sleep', '1h'])
				.on('error', failed));"
	[ "$output" = EAGAIN ]
	[ "$(greeting)" = "$GREETING" ]
}

# ---- Its log ----

log() {
	cat "$(inspect "$server" .LogPath)"
}

@test "the log is JSON, and so are hale's messages in it" {
	log | jq --exit-status --slurp 'length > 0 and
		all(has("log") and has("stream") and has("time"))'
	log | jq --exit-status --slurp 'map(select(.stream == "stderr") |
			.log | fromjson) |
		length > 0 and all(has("time") and has("level") and
			has("msg")) and any(.msg | startswith("healthy"))'
}

@test "the log is of three files of 10 MB at the most" {
	[ "$(inspect "$server" .HostConfig.LogConfig)" = \
		'{Type:json-file,Config:{max-file:3,max-size:10m}}' ]
}

# ---- Its end ----

has_restarted() { # TIMES
	[ "$(inspect "$server" .RestartCount)" -eq "$1" ]
}

# The signal makes the server fail, and this is what is said of it.
comes_back_from() { # SIGNAL MESSAGE
	local before

	before=$(inspect "$server" .RestartCount)
	signal_child "$server" "$1"
	wait_until 90 has_restarted $((before + 1))
	wait_until 60 is_healthy
	[ "$(greeting)" = "$GREETING" ]
	logged "$server" "$2"
}

@test "a server that has crashed is started anew, and the log says why" {
	comes_back_from KILL 'PROGRAM was killed by KILL'
}

@test "a server that hangs is started anew, and the log says why" {
	comes_back_from STOP 'timed out after 3s while'
}

# Docker's KILL would make it 137.
@test "docker-compose stop: it answers during the drain, and ends well" {
	local stopping

	compose stop &
	stopping=$!
	wait_until 30 logged "$server" 'stopping: draining for 5.000s first'
	[ "$(greeting)" = "$GREETING" ]
	wait "$stopping"
	[ "$(inspect "$server" .State.Status)" = exited ]
	[ "$(status_of "$server")" = 0 ]
	logged "$server" 'SIGTERM: finishing'
}
