#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What hale says about the end of a program under a real Docker engine: it
# explains a kill, writes the exit report where Kubernetes looks for it, and
# logs JSON that a program can parse.

# shellcheck disable=SC2016 # what is quoted is for the container's shell
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

# tail reads a line that never ends, and so takes all the memory it can get.
GREEDY=(/busybox tail /dev/zero)

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc busybox jq)
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

start() { # [DOCKER-OPTION...] IMAGE [HALE-OPTION...] PROGRAM...
	server=$(run_hale "$@")
}

# Less memory than the greedy program wants, and no swap to help it.
start_limited() { # [DOCKER-OPTION...] IMAGE [HALE-OPTION...] PROGRAM...
	start --memory 64m --memory-swap 64m "$@"
}

# KILL the program from outside of the container, as an operator may.
kill_program() {
	local pid

	read -r pid _ < <(processes "$server" | sed -n 2p)
	nsenter --target "$(<"$E2E/first")" --mount --pid kill -KILL "$pid"
}

ends_with() { # STATUS
	wait_until 60 has_ended "$server"
	[ "$(status_of "$server")" = "$1" ]
}

# What hale says about a kill, without the time that the program ran.
account() {
	docker logs "$server" 2>&1 |
		sed -n 's/ after [0-9]*\.[0-9][0-9][0-9]s; /; /
			/ was killed by /p'
}

# A file that user 1001 may write, like Kubernetes' /dev/termination-log.
make_termination_log() {
	termination_log=$BATS_TEST_TMPDIR/termination-log
	printf '%1000s\n' 'longer than what comes' >"$termination_log"
	chmod 0666 "$termination_log"
	inode=$(stat --format %i "$termination_log")
}

start_reporting() { # [DOCKER-OPTION...] IMAGE PROGRAM...
	make_termination_log
	start_limited --read-only --user 1001:1001 --cap-drop ALL \
		--env HALE_EXIT_REPORT=/dev/termination-log \
		--volume "$termination_log:/dev/termination-log" "$@"
}

# Is the report one line, and does the condition hold for it?
reported() { # FILE JQ-CONDITION
	cat "$1"
	[ "$(wc -l <"$1")" -eq 1 ]
	jq --exit-status "$2" "$1"
}

# Every byte except NUL, in the name of an option, a value and a program.
HOSTILE='
	i=0
	while [ $((i += 1)) -le 255 ]; do
		byte=$(printf "\\$(printf %o $i)x")
		/hale --log-format json -- "${byte%x}"
		/hale --log-format json -- "/no/$byte/program"
		HALE_EXIT_REPORT="/no/$byte" /hale --log-format json -- \
			/busybox true
	done'

@test "a kill from outside without a limit: the message names no limit" {
	start small /busybox sleep 1000
	wait_until 30 only "$server" hale busybox
	kill_program
	ends_with 137
	[ "$(account)" = "hale: warning: '/busybox' was killed by KILL; OOM \
kills in its cgroup meanwhile: 0" ]
}

@test "each OOM kill is seen, however soon it comes" {
	for _ in {1..10}; do
		start --memory 6m --memory-swap 6m small "${GREEDY[@]}"
		ends_with 137
		[[ $(account) = *": 1 (memory limit 6291456 bytes)" ]]
	done
}

@test "an OOM kill is counted, and not for the next start, which is killed from outside" {
	start_limited small /busybox sh -c '
		[ -e /second ] && exec sleep 1000
		>/second
		exec /busybox tail /dev/zero'
	ends_with 137
	docker start "$server"
	wait_until 30 only "$server" hale sleep
	kill_program
	ends_with 137
	[ "$(account)" = "hale: warning: '/busybox' was killed by KILL; OOM \
kills in its cgroup meanwhile: 1 (memory limit 67108864 bytes)
hale: warning: '/busybox' was killed by KILL; OOM \
kills in its cgroup meanwhile: 0 (memory limit 67108864 bytes)" ]
}

@test "the report of an OOM kill is written in place, as any user" {
	start_reporting small "${GREEDY[@]}"
	ends_with 137
	reported "$termination_log" '
		.reason == "signaled" and .exit_code == 137 and .signal == 9
		and .oom_kills == 1 and .duration_ms >= 0
		and .max_rss_kib > 30000 and .max_rss_kib < 100000
		and (.message | startswith("'\''/busybox'\'' was killed by KILL after"))
		and (.message | endswith("(memory limit 67108864 bytes)"))'
	[ "$(stat --format %i "$termination_log")" = "$inode" ]
	[ "$(account | wc -l)" -eq 1 ]
}

@test "the report is written in place if no new file can be created" {
	make_termination_log
	start --volume "$termination_log:/dev/termination-log" small \
		--exit-report /dev/termination-log /busybox sh -c 'exit 7'
	ends_with 7
	reported "$termination_log" '.reason == "exited"'
	[ "$(stat --format %i "$termination_log")" = "$inode" ]
	not logged "$server" 'hale:'
}

@test "the report of a program that lost a child to the OOM killer" {
	start_reporting small /busybox sh -c '
		/busybox tail /dev/zero
		exit 7'
	ends_with 7
	reported "$termination_log" '
		.reason == "exited" and .exit_code == 7 and .signal == 0
		and .oom_kills == 1
		and (.message | startswith("'\''/busybox'\'' exited with 7 after "))'
}

@test "the report of a program that is not there" {
	start_reporting small /no/program
	ends_with 127
	reported "$termination_log" '
		.reason == "not-started" and .exit_code == 127
		and (.message | startswith("cannot run '\''/no/program'\'': "))'
}

@test "the report counts the orphans that were reaped" {
	start_reporting --interactive small /busybox cat
	kill_orphans "$server" 20
	wait_until 10 only "$server" hale busybox
	kill_program
	ends_with 137
	reported "$termination_log" '.orphans_reaped >= 20 and .oom_kills == 0'
}

@test "the report is a new file where possible, and nothing else is left" {
	local directory=$BATS_TEST_TMPDIR/reports inode

	mkdir "$directory"
	echo old >"$directory/report"
	chown --recursive 1001:1001 "$directory"
	inode=$(stat --format %i "$directory/report")
	# Keep the old file open, so that its inode number is not used again.
	exec {old}<"$directory/report"
	start --read-only --user 1001:1001 \
		--volume "$directory:/reports" small \
		--exit-report /reports/report /busybox sh -c 'exit 7'
	ends_with 7
	reported "$directory/report" '.reason == "exited"'
	[ "$(ls -A "$directory")" = report ]
	[ "$(stat --format %i "$directory/report")" != "$inode" ]
	[ "$(cat <&"$old")" = old ]
	[ "$(stat --format %a,%u "$directory/report")" = 644,1001 ]
}

@test "a report that cannot be written is a warning, and changes nothing else" {
	start --read-only --user 1001:1001 small --exit-report /report \
		/busybox sh -c 'exit 7'
	ends_with 7
	logged "$server" "hale: warning: cannot write the exit report \
'/report': Read-only file system (it will be tried again at the end)"
}

@test "the JSON log has one object a line, with the facts as members" {
	start_limited small --log-format json --log-level debug "${GREEDY[@]}"
	ends_with 137
	docker logs "$server" >"$BATS_TEST_TMPDIR/log" 2>&1
	cat "$BATS_TEST_TMPDIR/log"
	while read -r line; do
		jq --exit-status '
			(.time | test("^20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z$"))
			and (.level | IN("error", "warn", "info", "debug"))
			and .logger == "hale"
			and (.msg | type) == "string"' <<<"$line"
	done <"$BATS_TEST_TMPDIR/log"
	tail -n 1 "$BATS_TEST_TMPDIR/log" | jq --exit-status '
		.level == "warn" and .signal == "KILL" and .oom_kills == 1
		and .memory_limit == 67108864 and .duration_ms >= 0'
}

@test "the JSON log is valid whatever bytes are in names" {
	local log=$BATS_TEST_TMPDIR/log

	start small --log-format json /busybox sh -c "$HOSTILE"
	ends_with 0
	docker logs "$server" >"$log" 2>&1
	[ "$(wc -l <"$log")" -eq $((255 * 4)) ]
	[ "$(jq --compact-output --raw-input 'fromjson | .level' "$log" |
		sort | uniq -c | xargs)" = '510 error 510 warn' ]
	# Docker puts U+FFFD in the place of what is not UTF-8.
	not grep --text --quiet $'\357\277\275' "$log"
}
