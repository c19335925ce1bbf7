#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Builds and runs examples/compose/compose.yaml, unchanged, with docker-compose
# and a real Docker engine, on base images made here.  Each test checks that a
# setting in the file does what the comment beside it says.

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
	base_image node_rootfs node-stand-in:nonroot
	base_image alpine_rootfs alpine-stand-in:3.22
	ALPINE=alpine-stand-in NODE=node-stand-in compose build
}

teardown_file() {
	[ -n "$OBSTACLE" ] || compose down
	stop_engine
}

# All tests share one stack.  If a test has stopped it, the next one starts it.
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

# The answer on the published port.
greeting() {
	nsenter --target "$(<"$E2E/first")" --net timeout 10 bash -c '
		exec 3<>/dev/tcp/127.0.0.1/8080
		printf "GET / HTTP/1.0\r\n\r\n" >&3
		tail -n 1 <&3'
}

# Run a script with node in the container, as the server's user.
javascript() { # SCRIPT
	docker exec "$server" /nodejs/bin/node -e "$1"
}

# A field of /proc/PID/status of hale and of the server, a line each.
field() { # NAME
	local pid

	for pid in $(processes "$server" | awk '{ print $1 }'); do
		nsenter --target "$(<"$E2E/first")" --mount --pid \
			sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"
	done | tr '\t' ' '
}

# Do hale and the server both have this value there?
both() { # NAME VALUE
	[ "$(field "$1")" = "$2"$'\n'"$2" ]
}

# A limit of the container, with cgroup version 1 or 2.
limit() { # CONTROLLER FILE-OF-VERSION-1 FILE-OF-VERSION-2
	local group=/sys/fs/cgroup/$1

	javascript "const { readFileSync } = require('node:fs');
		let text;
		try { text = readFileSync('$group/$2', 'utf8'); }
		catch { text = readFileSync('/sys/fs/cgroup/$3', 'utf8'); }
		console.log(text.split(' ')[0].trim());"
}

# ---- The file ----

@test "without a mirror the base images are those of Dockerfile.example" {
	local base

	run -0 compose config
	for base in ALPINE NODE; do
		grep -q -x " *$(sed -n "s/^ARG \($base\)=/\1: /p" \
			"$E2E_ROOT/Dockerfile.example")" <<<"$output"
	done
}

@test "it becomes healthy according to hale --check, and answers" {
	[ "$(inspect "$server" .Config.Healthcheck.Test)" = \
		'[CMD,/sbin/hale,--check]' ]
	only "$server" hale:healthy node
	[ "$(greeting)" = "$GREETING" ]
}

# ---- What it may do ----

@test "user 1001 without capabilities, no new privileges, and seccomp" {
	both Uid '1001 1001 1001 1001'
	both Gid '1001 1001 1001 1001'
	both CapEff 0000000000000000
	both CapPrm 0000000000000000
	both CapAmb 0000000000000000
	both CapBnd 0000000000000400 # NET_BIND_SERVICE
	both NoNewPrivs 1
	both Seccomp 2
}

# As root, so that only the mount can refuse.
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

@test "/tmp can be written up to its size, and nothing in it can be executed" {
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

@test "memory: a process that takes more than 128 MB is killed, not the server" {
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

@test "processes: 64 at most, threads included" {
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
			has("msg") and .logger == "hale") and any(.msg | startswith("healthy"))'
}

@test "the log has at most three files of 10 MB" {
	[ "$(inspect "$server" .HostConfig.LogConfig)" = \
		'{Type:json-file,Config:{max-file:3,max-size:10m}}' ]
}

# ---- Its end ----

has_restarted() { # TIMES
	[ "$(inspect "$server" .RestartCount)" -eq "$1" ]
}

# Make the server fail by a signal.  hale explains it by the message.
comes_back_from() { # SIGNAL MESSAGE
	local before

	before=$(inspect "$server" .RestartCount)
	signal_child "$server" "$1"
	wait_until 90 has_restarted $((before + 1))
	wait_until 60 is_healthy
	[ "$(greeting)" = "$GREETING" ]
	logged "$server" "$2"
}

@test "a server that has crashed is restarted, and the log says why" {
	comes_back_from KILL 'was killed by KILL'
}

@test "a server that hangs is restarted, and the log says why" {
	comes_back_from STOP 'timed out after 3s while'
}

# If Docker had to kill the container, its status would be 137.
@test "docker-compose stop: it answers during the drain, and ends well" {
	local stopping

	compose stop &
	stopping=$!
	wait_until 30 logged "$server" 'stopping: draining for 5s first'
	[ "$(greeting)" = "$GREETING" ]
	wait "$stopping"
	[ "$(inspect "$server" .State.Status)" = exited ]
	[ "$(status_of "$server")" = 0 ]
	logged "$server" 'SIGTERM: finishing'
}
