#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# hale under a real Docker engine: as the entry point of an image with two
# files, and as the init that `docker run --init` adds.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

# A server that says what arrives, and ends with a status like no other.
# (docker kill's RTMIN+3 is 37, since the first two are the libc's.)
SERVER='
	trap "echo got TERM; exit 42" TERM
	trap "echo got USR1" USR1
	trap "echo got RTMIN+3" 37
	echo ready
	while :; do sleep 1000 & wait; done'

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc busybox script)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker
	small_image
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
}

teardown() {
	[ -n "$OBSTACLE" ] || remove_containers
}

# hale as the entry point.
start_server() {
	server=$(docker run --detach --network none small \
		/busybox sh -c "$SERVER")
	wait_until 30 logged "$server" ready
}

# hale as Docker's init, in an image that does not start it by itself.
start_with_init() {
	server=$(docker run --detach --network none --init \
		--entrypoint /busybox small sh -c "$SERVER")
	wait_until 30 logged "$server" ready
}

# The same command, at a terminal: what is typed, and what is seen.
at_terminal() { # SHELL-COMMAND
	mkfifo "$BATS_TEST_TMPDIR/keys"
	script --quiet --return --flush --log-out "$BATS_TEST_TMPDIR/screen" \
		--command "docker run --interactive --tty --network none small \
			/busybox sh -c '$1'" \
		<"$BATS_TEST_TMPDIR/keys" >/dev/null 2>&1 3>&- &
	terminal=$!
	exec {keys}>"$BATS_TEST_TMPDIR/keys"
	wait_until 30 seen ready
}

seen() { # TEXT
	grep -q -F -e "$1" "$BATS_TEST_TMPDIR/screen" 2>/dev/null
}

type_keys() { # TEXT
	# shellcheck disable=SC2059 # control characters are what it is for
	printf "$1" >&"$keys"
}

# The status that the terminal's command ended with.
terminal_status() {
	wait_until 30 gone "$terminal"
	exec {keys}>&-
	status=0
	wait "$terminal" || status=$?
}

@test "an image from scratch with hale and one static program runs" {
	run -0 docker run --network none small /busybox echo hello
	[ "$output" = hello ]
}

@test "hale runs on a read-only root, as any user, without any capability" {
	run -0 docker run --network none --read-only --user 1001:1001 \
		--cap-drop ALL --security-opt no-new-privileges \
		small /busybox id -u
	[ "$output" = 1001 ]
}

@test "process 1 is hale, and the program is its child" {
	start_server
	wait_until 10 only "$server" hale busybox sleep
	read -r first _ < <(processes "$server" | sed -n 1p)
	read -r _ parent _ < <(processes "$server" | sed -n 2p)
	[ "$parent" = "$first" ]
}

@test "the container ends with the program's status" {
	for expected in 0 1 42 125 126 127 255; do
		run "-$expected" docker run --rm --network none small \
			/busybox sh -c "exit $expected"
		[ -z "$output" ]
	done
}

@test "a program killed by a signal gives 128 plus the signal's number" {
	# shellcheck disable=SC2016 # it is for the container's shell
	local kill='kill -$SIGNAL $$'

	run -137 docker run --rm --network none --env SIGNAL=KILL small \
		/busybox sh -c "$kill"
	run -129 docker run --rm --network none --env SIGNAL=HUP small \
		/busybox sh -c "$kill"
}

@test "a program that does not exist gives 127 and a message" {
	run -127 docker run --rm --network none small /no/program
	[[ $output = *"cannot run '/no/program': "[Nn]"o such file"* ]]
}

@test "a program that cannot be run gives 126 and a message that says why" {
	run -126 docker run --rm --network none small /proc
	[ "$output" = "hale: error: cannot run '/proc': Permission denied" ]
}

@test "docker stop ends the program in time, with its own status" {
	start_server
	stop_in_time "$server"
	[ "$(inspect "$server" .State.ExitCode)" = 42 ]
	logged "$server" 'got TERM'
}

@test "docker stop ends a program that has no handler, in time" {
	server=$(docker run --detach --network none small /busybox sleep 1000)
	wait_until 30 only "$server" hale busybox
	stop_in_time "$server"
	[ "$(inspect "$server" .State.ExitCode)" = 143 ]
}

@test "without hale that program ignores docker stop and must be killed" {
	server=$(docker run --detach --network none --entrypoint /busybox \
		small sleep 1000)
	docker stop -t 1 "$server"
	[ "$(inspect "$server" .State.ExitCode)" = 137 ]
}

@test "no zombie is left of 2000 orphans that die at once" {
	server=$(docker run --detach --interactive --network none \
		small /busybox cat)
	kill_orphans "$server" 2000
	wait_until 10 only "$server" hale busybox
}

@test "without hale orphans stay as zombies" {
	server=$(docker run --detach --interactive --network none \
		--entrypoint /busybox small cat)
	kill_orphans "$server" 100
	wait_until 10 has_orphans "$server" 100 Z
}

@test "docker kill -s USR1 reaches the program" {
	start_server
	docker kill --signal USR1 "$server"
	wait_until 10 logged "$server" 'got USR1'
}

@test "docker kill -s RTMIN+3 reaches the program" {
	start_server
	docker kill --signal RTMIN+3 "$server"
	wait_until 10 logged "$server" 'got RTMIN+3'
}

@test "docker run --init: process 1 is hale" {
	start_with_init
	run docker exec "$server" /busybox sha256sum /proc/1/exe
	[ "${output%% *}" = "$(sha256sum <"$HALE" | cut -d ' ' -f 1)" ]
	wait_until 10 only "$server" docker-init busybox sleep
}

@test "docker run --init: the container ends with the program's status" {
	run -42 docker run --rm --network none --init --entrypoint /busybox \
		small sh -c 'exit 42'
	[ -z "$output" ]
}

@test "docker run --init: docker stop ends the program in time" {
	start_with_init
	stop_in_time "$server"
	[ "$(inspect "$server" .State.ExitCode)" = 42 ]
	logged "$server" 'got TERM'
}

@test "docker run --init: signals reach the program" {
	start_with_init
	docker kill --signal USR1 "$server"
	wait_until 10 logged "$server" 'got USR1'
	docker kill --signal RTMIN+3 "$server"
	wait_until 10 logged "$server" 'got RTMIN+3'
}

@test "docker run --init: no zombie is left of orphans" {
	server=$(docker run --detach --interactive --network none --init \
		--entrypoint /busybox small cat)
	kill_orphans "$server" 200
	wait_until 10 only "$server" docker-init busybox
}

@test "docker run -it: Ctrl-C ends the program" {
	at_terminal 'echo ready; exec /busybox sleep 1000'
	type_keys '\003'
	terminal_status
	[ "$status" -eq 130 ]
}

@test "docker run -it: a program that handles Ctrl-C keeps its status" {
	at_terminal 'trap "exit 7" INT; echo ready; while :; do sleep 0.1; done'
	type_keys '\003'
	terminal_status
	[ "$status" -eq 7 ]
}

@test "docker run -it: the program reads what is typed" {
	# shellcheck disable=SC2016 # it is for the container's shell
	at_terminal 'echo ready; read -r line; echo "read <$line>"; exit 9'
	type_keys 'good day\r'
	terminal_status
	[ "$status" -eq 9 ]
	seen 'read <good day>'
}
