#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What every architecture's binary must do before it is released, as PID 1 of a
# PID namespace.  packaging/smoke starts this file, in a network of its own and
# with these variables:
#
#	ARCH      the name in packaging/arch/table
#	HALE      the binary
#	QEMU      what runs it, empty on a machine of its own architecture
#	EMULATOR  the same, never empty: it sees a clock that can be set
#
# shellcheck disable=SC2016 # what is in single quotes is for PROGRAM's shell
# shellcheck disable=SC2153 # HALE is a file, hale a function and a process

load ../tests/e2e/helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || exit
	ip link set lo up
	mkdir www
	echo hello >www/index.html
	"$BUSYBOX" httpd -f -p 127.0.0.1:8080 -h www >servers.log 2>&1 3>&- &
	echo $! >servers
	echo 'nameserver 127.0.0.53' >resolv.conf
	mount --bind resolv.conf "$(realpath /etc/resolv.conf)"
	dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts \
		--no-resolv --user=root --pid-file= \
		--listen-address=127.0.0.53 --bind-interfaces \
		--address=/db.example/127.0.0.1 --local=/example/ \
		>>servers.log 2>&1 3>&- &
	echo $! >>servers
	wait_until 10 hale --check http://127.0.0.1:8080/
	wait_until 10 hale --check tcp://127.0.0.53:53
}

# bats waits for them.
teardown_file() {
	# shellcheck disable=SC2046 # they are numbers
	kill $(cat "$BATS_FILE_TMPDIR/servers")
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit
}

hale() { # ARGUMENT...
	# shellcheck disable=SC2086 # no word where QEMU is empty
	$QEMU "$HALE" "$@"
}

# hale as PID 1, with its messages in the file err.
pid1() { # ARGUMENT...
	# shellcheck disable=SC2086
	unshare --pid --fork --kill-child --mount-proc \
		$QEMU "$HALE" "$@" 2>err
}

# The same in the background: $unshare and $hale are processes seen from here.
# It returns when PROGRAM has said "ready".
start_pid1() { # ARGUMENT...
	# shellcheck disable=SC2086
	unshare --pid --fork --kill-child --mount-proc \
		$QEMU "$HALE" "$@" >out 2>err 3>&- &
	unshare=$!
	wait_until 20 grep -qs ready out
	hale=$(pgrep -P "$unshare")
}

# The process in the background has ended, with this status.
expect_end() { # STATUS
	local status=0

	wait "$unshare" || status=$?
	cat err
	[ "$status" -eq "$1" ]
}

expect_status() { # STATUS COMMAND...
	local wanted=$1 status=0

	shift
	"$@" || status=$?
	{
		cat err 2>/dev/null || true
		echo "status $status, wanted $wanted"
	} >&2
	[ "$status" -eq "$wanted" ]
}

@test "$ARCH: it says its version, under each name in its form" {
	hale --version | grep -E '^hale [0-9]'
	ln -s "$HALE" tini
	$QEMU ./tini --version | grep -E '^tini version [0-9]'
}

@test "$ARCH: PROGRAM's exit status is hale's" {
	for code in 0 1 42 124 127 128 255; do
		expect_status "$code" pid1 -- sh -c "exit $code"
	done
	expect_status 139 pid1 -- sh -c 'ulimit -c 0; kill -SEGV $$'
	expect_status 127 pid1 -- /no/such/program
	expect_status 125 pid1 --no-such-option
	# Under qemu-user vfork(2) is fork(2), so that the child cannot tell
	# hale why a file cannot be executed.
	[ -n "$QEMU" ] || expect_status 126 pid1 -- /
}

@test "$ARCH: signals are forwarded" {
	start_pid1 -- sh -c 'trap "exit 31" USR1
		echo ready
		while :; do sleep 0.1; done'
	kill -USR1 "$hale"
	expect_end 31
}

@test "$ARCH: orphans are reaped, and PROGRAM's status is kept" {
	# A zombie is in /proc until it is reaped; hale and the shell remain.
	expect_status 7 pid1 -w -- sh -c '
		for i in 1 2 3 4 5 6 7 8 9 10; do (true &); done
		tries=0
		while set -- /proc/[0-9]*; [ "$#" -gt 2 ]; do
			tries=$((tries + 1))
			[ "$tries" -lt 600 ] || exit 1
			sleep 0.1
		done
		exit 7'
	[ "$(grep -c 'reaped adopted process' err)" -ge 10 ]
}

@test "$ARCH: an HTTP probe" {
	expect_status 0 hale --check http://localhost:8080/
	expect_status 1 hale --check http://localhost:8080/no-such-page >out
	grep 'status 404' out
}

@test "$ARCH: a TCP probe" {
	expect_status 0 hale --check tcp://127.0.0.1:8080
	expect_status 1 hale --check tcp://127.0.0.1:8081 >out
	grep 'connection refused' out
}

@test "$ARCH: an exec probe" {
	expect_status 0 hale --check exec:true
	expect_status 1 hale --check 'exec:sh -c "echo broken; exit 3"' >out
	grep 'exit 3: broken' out
}

@test "$ARCH: a name that only a name server knows" {
	expect_status 0 hale --check http://db.example:8080/
	expect_status 1 hale --check tcp://gone.example:8080 >out
	grep "no such host 'gone.example'" out
}

@test "$ARCH: waiting for a target before the start" {
	expect_status 0 pid1 --wait-for tcp://db.example:8080 -- true
	expect_status 125 pid1 --wait-for tcp://127.0.0.1:8081 \
		--wait-timeout 1s -- true
}

@test "$ARCH: --check and --status tell what the running hale knows" {
	# shellcheck disable=SC2016,SC2086
	expect_status 0 pid1 --health http://localhost:8080/ -- sh -c '
		"$@" --check --wait 60s && "$@" --status=json' \
		sh $QEMU "$HALE" >out
	cat out
	head -n 1 out | grep healthy
	[ "$(tail -n 1 out | jq -r .state)" = healthy ]
}

@test "$ARCH: the state is hale's name" {
	# shellcheck disable=SC2086
	expect_status 0 pid1 --health exec:true -- sh -c '
		"$@" --check --wait 60s && cat /proc/1/comm' \
		sh $QEMU "$HALE" >out
	grep -x hale:healthy out
}

@test "$ARCH: a program that becomes unhealthy is stopped" {
	expect_status 124 pid1 --health exec:false --health-start-period 0 \
		--health-interval 100ms --on-unhealthy stop -- sleep 600
}

@test "$ARCH: a stop ends with the grace period" {
	start_pid1 -v --grace 1s -- sh -c 'trap "" TERM
		echo ready
		while :; do sleep 0.1; done'
	kill -TERM "$hale"
	expect_end 137
	grep 'grace period expired' err
}

# ---- A clock past 2038, where a time of 32 bits ends ----

# hale under qemu-user, whose system calls get a clock that begins at SECONDS.
at() { # SECONDS ARGUMENT...
	local seconds=$1

	shift
	NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1 TZ=UTC faketime -f \
		"@$(date -u -d "@$seconds" '+%Y-%m-%d %H:%M:%S')" \
		"$EMULATOR" "$HALE" "$@"
}

FUTURE=2211234567 # 2040-01-26

@test "$ARCH: messages have the time after 2038" {
	expect_status 3 at "$FUTURE" --log-format json -v -- sh -c 'exit 3' \
		2>err
	grep '"time":"2040-01-26T' err
}

@test "$ARCH: a file that was modified after 2038 has the right age" {
	touch -d "@$FUTURE" file
	expect_status 0 at $((FUTURE + 5)) --check \
		"file:$PWD/file?max-age=600s"
	expect_status 1 at $((FUTURE + 5000)) --check \
		"file:$PWD/file?max-age=600s"
}
