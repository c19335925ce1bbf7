#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --health-listen in a container of a real Docker engine, used as the kubelet
# and Prometheus use it: with curl in the container's network, and with
# promtool.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc nsenter curl \
		promtool busybox)
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

# A pod with all restrictions.  It is healthy as long as the file exists.
start_pod() { # [HALE-OPTION...]
	pod=$(run_hale --read-only --cap-drop ALL --tmpfs /tmp \
		--security-opt no-new-privileges small \
		--health-listen 8080 --health file:/tmp/up \
		--health-interval 100ms --health-retries 1 \
		--health-start-period 0 "$@" -- \
		/busybox sleep 1000)
}

# From inside the network of the pod.
ask() { # PATH [CURL-OPTION...]
	local path=$1

	shift
	nsenter --target "$(<"$E2E/first")" --mount --pid \
		nsenter --target "$(inspect "$pod" .State.Pid)" --net \
		curl --silent --max-time 5 "$@" "http://127.0.0.1:8080$path"
}

answers() { # PATH CODE TEXT
	[ "$(ask "$1" --write-out '%{http_code}')" = "$3
$2" ]
}

go_up() {
	docker exec "$pod" /busybox touch /tmp/up
}

@test "the probes of the kubelet get the right answers" {
	start_pod --health-start-period 10m --health-start-interval 100ms
	wait_until 30 answers /livez 200 \
		"starting: file:/tmp/up: No such file or directory"
	ask /readyz --output /dev/null --write-out '%{http_code}' | grep 503
	go_up
	wait_until 30 answers /readyz 200 healthy
	answers /livez 200 healthy
	docker exec "$pod" /busybox rm /tmp/up
	wait_until 30 answers /livez 503 \
		"unhealthy: file:/tmp/up: No such file or directory"
	ask /readyz --output /dev/null --write-out '%{http_code}' | grep 503
}

@test "a pod that drains is not ready, but alive" {
	start_pod --drain 10m
	go_up
	wait_until 30 answers /readyz 200 healthy
	docker kill --signal TERM "$pod"
	wait_until 30 answers /readyz 503 stopping
	answers /livez 200 stopping
	docker kill --signal TERM "$pod"
	wait_until 30 has_ended "$pod"
}

@test "curl --head and other methods" {
	start_pod
	go_up
	wait_until 30 answers /readyz 200 healthy
	ask /readyz --head | grep "^HTTP/1.1 200 OK"
	ask /readyz --request DELETE --include | grep "^Allow: GET, HEAD"
	ask /else --include | grep "^HTTP/1.1 404"
	not ask /readyz --http2-prior-knowledge
}

@test "promtool finds nothing wrong with the metrics" {
	start_pod --health 'exec:/busybox sh -c "exit 0"' --health "file:/\"\\"
	go_up
	wait_until 30 answers /livez 503 \
		'unhealthy: file:/"\: No such file or directory'
	ask /metrics >"$BATS_TEST_TMPDIR/metrics"
	promtool check metrics <"$BATS_TEST_TMPDIR/metrics"
	grep 'hale_target_healthy{target="file:/\\"\\\\"} 0' \
		"$BATS_TEST_TMPDIR/metrics"
	grep 'hale_target_healthy{target="file:/tmp/up"} 1' \
		"$BATS_TEST_TMPDIR/metrics"
}

# A second container in the same network wants the same port.
@test "a port in use is one message, and the program is not started" {
	local other

	start_pod
	go_up
	wait_until 30 answers /readyz 200 healthy
	other=$(docker run --detach --network "container:$pod" \
		--entrypoint /hale small --health-listen 8080 --health file:/ \
		-- /busybox echo started)
	wait_until 30 has_ended "$other"
	[ "$(status_of "$other")" = 125 ]
	[ "$(docker logs "$other" 2>&1)" = "hale: error: --health-listen:$(
	) cannot listen on '8080': address already in use" ]
}
