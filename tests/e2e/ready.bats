#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Readiness, stop signals, settings and metrics with the software that users
# have: a database that is down under Docker and Swarm, nginx and a JVM that get
# QUIT, one hale inside another under `docker run --init`, and Prometheus.

# shellcheck disable=SC2016 # what is quoted is for the container's shell
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

NGINX='daemon off;
pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
	client_body_temp_path /tmp/body;
	proxy_temp_path /tmp/proxy;
	fastcgi_temp_path /tmp/fastcgi;
	uwsgi_temp_path /tmp/uwsgi;
	scgi_temp_path /tmp/scgi;
	access_log off;
	server {
		listen 127.0.0.1:8080;
		location / { return 200 "good day"; }
	}
}'

# The parent ends at its first TERM.  The child counts those that it gets.
COUNTER='
import os, signal, time
count = 0
def on_term(number, frame):
    global count
    count += 1
signal.signal(signal.SIGTERM, on_term)
parent = os.fork()
if parent:
    print("ready", flush=True)
while count == 0:
    time.sleep(0.1)
if parent:
    os._exit(42)
end = time.monotonic() + 3
while time.monotonic() < end:
    time.sleep(0.1)
print("the child got TERM", count, "times", flush=True)'

PROMETHEUS='global: {scrape_interval: 500ms, scrape_timeout: 500ms}
scrape_configs:
- job_name: hale
  static_configs: [{targets: ["127.0.0.1:9090"]}]'

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc iptables busybox \
		nginx java prometheus python3 curl jq)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker "$HALE" network
	small_image
	machine_image machine
	app_image app-started --check --started
	app_image app-ready --check
	docker build --tag quitting - <<-'END'
		FROM machine
		STOPSIGNAL QUIT
	END
	docker swarm init --advertise-addr 127.0.0.1 \
		--listen-addr 127.0.0.1:2377
	docker network create --driver overlay --attachable lan
}

teardown_file() {
	[ -n "$OBSTACLE" ] || docker swarm leave --force
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
}

teardown() {
	[ -z "$OBSTACLE" ] || return 0
	docker service rm app 2>/dev/null || true # not every test has one
	remove_containers
}

# An application that depends on a database, and stops when it is unhealthy.
app_image() { # IMAGE CHECK...
	local image=$1

	shift
	docker build --tag "$image" - <<-END
		FROM small
		ENTRYPOINT ["/hale", "--health", "http://localhost:8080/hale", \
			"--ready", "start-period=1s tcp://db:5432", \
			"--health-interval", "500ms", "--health-retries", "2", \
			"--on-unhealthy", "stop", "--health-listen", "9090", "--"]
		CMD ["/busybox", "httpd", "-f", "-p", "8080", "-h", "/"]
		HEALTHCHECK --interval=500ms --timeout=30s --retries=1 \
			--start-period=1h CMD ["/hale"$(printf ', "%s"' "$@")]
	END
}

start_database() {
	docker run --detach --network lan --name db --entrypoint /hale small \
		-- /busybox httpd -f -p 5432 -h /
}

shows() { # CONTAINER STATE
	only "$1" "hale:$2" busybox
}

docker_says() { # CONTAINER STATE
	[ "$(inspect "$1" .State.Health.Status)" = "$2" ]
}

# Docker runs its check this many times from now on, and each is a success.
stays_healthy() { # CONTAINER TIMES
	local last
	local -i times

	for ((times = 0; times < $2; times++)); do
		last=$(last_check "$1")
		wait_until 30 was_checked_after "$1" "$last"
		[ "$(inspect "$1" .State.Health.FailingStreak)" = 0 ]
		docker_says "$1" healthy
	done
}

last_check() { # CONTAINER
	docker inspect --format '{{json .State.Health.Log}}' "$1" |
		jq --raw-output '.[-1].Start'
}

was_checked_after() { # CONTAINER TIME
	[ "$(last_check "$1")" != "$2" ]
}

# Run curl in the network of the container.
ask() { # CONTAINER URL [CURL-OPTION...]
	local container=$1

	shift
	nsenter --target "$(<"$E2E/first")" --mount --pid \
		nsenter --target "$(inspect "$container" .State.Pid)" --net \
		curl --silent --max-time 5 "$@"
}

answers() { # CONTAINER PATH CODE
	[ "$(ask "$1" "http://127.0.0.1:9090$2" --output /dev/null \
		--write-out '%{http_code}')" = "$3" ]
}

# ---- A database that is down ----

@test "Docker: a database that is down makes it unready, and all recovers" {
	start_database
	server=$(docker run --detach --network lan --restart always app-started)
	wait_until 30 shows "$server" healthy
	wait_until 30 docker_says "$server" healthy
	answers "$server" /readyz 200
	docker kill db
	wait_until 30 shows "$server" unready
	run -1 docker exec "$server" /hale --check
	[[ $output = 'unready: tcp://db:5432: '* ]]
	docker exec "$server" /hale --check --live
	docker exec "$server" /hale --check --started
	answers "$server" /readyz 503
	answers "$server" /livez 200
	answers "$server" /startupz 200
	stays_healthy "$server" 3
	docker start db
	wait_until 30 shows "$server" healthy
	answers "$server" /readyz 200
	[ "$(inspect "$server" .RestartCount)" = 0 ]
	not logged "$server" unhealthy
}

@test "Docker: a database that is down from the start is no reason to restart" {
	server=$(docker run --detach --network lan --restart always app-started)
	wait_until 30 shows "$server" unready
	wait_until 30 docker_says "$server" healthy
	stays_healthy "$server" 3
	start_database
	wait_until 30 shows "$server" healthy
	[ "$(inspect "$server" .RestartCount)" = 0 ]
}

# Docker takes a network of Swarm from the machine when its last container there
# is gone, and the one before may be going now.
start_database_in_swarm() {
	docker rm --force db
	start_database
}

start_service() { # IMAGE
	wait_until 30 start_database_in_swarm
	docker service create --detach --no-resolve-image --name app \
		--network lan --endpoint-mode dnsrr --restart-delay 0s \
		"$(inspect "$1" .Id)"
	wait_until 60 runs
	task=$(task)
	server=$(inspect "$task" .Status.ContainerStatus.ContainerID)
	wait_until 30 shows "$server" healthy
}

runs() {
	[[ $(docker service ps --filter desired-state=running \
		--format '{{.CurrentState}}' app) = 'Running '* ]]
}

task() {
	docker service ps --no-trunc --filter desired-state=running \
		--format '{{.ID}}' app
}

is_replaced() {
	[ "$(task)" != "$task" ]
}

@test "Swarm with --check --started: no task is replaced for its database" {
	start_service app-started
	docker kill db
	wait_until 30 shows "$server" unready
	stays_healthy "$server" 3
	docker start db
	wait_until 30 shows "$server" healthy
	not is_replaced
}

@test "Swarm with --check alone: the task is replaced for its database" {
	start_service app-ready
	docker kill db
	wait_until 60 is_replaced
}

# ---- Stop signals ----

start_nginx() { # HALE-OPTION...
	echo "$NGINX" >"$BATS_TEST_TMPDIR/nginx.conf"
	server=$(run_hale "${MACHINE[@]}" \
		--volume "$BATS_TEST_TMPDIR:/test:ro" quitting -v \
		--health http://localhost:8080/ --health-interval 500ms \
		"$@" -- nginx -c /test/nginx.conf)
	wait_until 30 docker exec "$server" /hale --check
}

@test "nginx, STOPSIGNAL QUIT and --stop-signal QUIT: it drains first" {
	start_nginx --stop-signal QUIT --drain 4s
	docker stop --timeout 60 "$server" >/dev/null 3>&- &
	wait_until 30 logged "$server" 'stopping: draining for 4s first'
	run -1 docker exec "$server" /hale --check
	[ "$output" = stopping ]
	docker exec "$server" /hale --check http://localhost:8080/
	wait "$!"
	[ "$(status_of "$server")" = 0 ]
	not logged "$server" warning
}

@test "nginx, STOPSIGNAL QUIT without --stop-signal: a warning says what to set" {
	start_nginx --drain 1h
	stop_in_time "$server"
	[ "$(status_of "$server")" = 0 ]
	not logged "$server" draining
	logged "$server" "hale: warning: QUIT was forwarded without --drain and $(
	)--grace: if QUIT is this container's STOPSIGNAL, set --stop-signal QUIT"
}

has_dumped() { # TIMES
	[ "$(docker logs "$server" 2>&1 |
		grep -c 'Full thread dump')" -eq "$1" ]
}

@test "a JVM: QUIT is a thread dump and no stop, and TERM is the stop" {
	server=$(run_hale "${MACHINE[@]}" machine --grace 60s -e 143 \
		--health tcp://localhost:1099 --health-interval 500ms -- \
		java -Xmx64m -m java.rmi/sun.rmi.registry.RegistryImpl)
	wait_until 60 only "$server" hale:healthy java
	docker kill --signal QUIT "$server"
	wait_until 30 has_dumped 1
	docker kill --signal QUIT "$server"
	wait_until 30 has_dumped 2
	only "$server" hale:healthy java
	[ "$(docker logs "$server" 2>&1 | grep -c 'hale: ')" -eq 1 ]
	logged "$server" 'set --stop-signal QUIT'
	stop_in_time "$server"
	[ "$(status_of "$server")" = 0 ]
}

@test "with -g and --grace no process of the group gets TERM twice" {
	server=$(run_hale "${MACHINE[@]}" machine -g --grace 60s -- \
		/usr/bin/python3 -c "$COUNTER")
	wait_until 30 logged "$server" ready
	docker stop --timeout 60 "$server"
	[ "$(status_of "$server")" = 42 ]
	logged "$server" 'the child got TERM 1 times'
}

# ---- One hale inside another ----

@test "docker run --init: only the outer of two hale processes uses the settings" {
	server=$(docker run --detach --network none --init \
		--env HALE_DRAIN=2s --env HALE_GRACE=30s \
		--env HALE_FORWARD=group --env HALE_LOG_LEVEL=info \
		--env HALE_HEALTH=http://localhost:8080/hale \
		--env HALE_HEALTH_LISTEN=9090 --env HALE_OTHER=passed \
		small /busybox sh -c 'env
			trap "exit 42" TERM
			/busybox httpd -p 8080 -h /
			while :; do sleep 1000 & wait; done')
	wait_until 30 logged "$server" 'healthy after'
	docker stop --timeout 60 "$server"
	[ "$(status_of "$server")" = 42 ]
	[ "$(docker logs "$server" 2>&1 | grep -c 'draining for 2s')" = 1 ]
	[ "$(docker logs "$server" 2>/dev/null | grep ^HALE_)" = \
		HALE_OTHER=passed ]
}

# ---- Messages and metrics ----

@test "an ordinary start, becoming healthy and docker stop say nothing" {
	server=$(run_hale small --health http://localhost:8080/hale \
		--drain 1s --grace 30s -- \
		/busybox httpd -f -p 8080 -h /)
	wait_until 30 shows "$server" healthy
	docker stop --timeout 60 "$server"
	[ "$(status_of "$server")" = 143 ]
	[ -z "$(docker logs "$server" 2>&1)" ]
}

# Does Prometheus have this one value for the expression?
prometheus_has() { # EXPRESSION VALUE
	ask "$server" http://127.0.0.1:9091/api/v1/query --get \
		--data-urlencode "query=$1" |
		jq --exit-status --arg value "$2" \
			'.data.result | length == 1 and .[0].value[1] == $value'
}

@test "Prometheus scrapes the metrics, and follows the state" {
	echo "$PROMETHEUS" >"$BATS_TEST_TMPDIR/prometheus.yml"
	server=$(run_hale small --health http://localhost:8080/hale \
		--ready file:/ready --health-interval 200ms \
		--health-retries 1 --health-start-period 0 \
		--health-listen 9090 -- /busybox httpd -f -p 8080 -h /)
	docker run --detach --network "container:$server" "${MACHINE[@]}" \
		--volume "$BATS_TEST_TMPDIR:/test:ro" --user nobody \
		--entrypoint prometheus machine --log.level=warn \
		--config.file=/test/prometheus.yml \
		--storage.tsdb.path=/tmp/data \
		--web.listen-address=127.0.0.1:9091
	wait_until 60 prometheus_has up 1
	wait_until 30 prometheus_has 'hale_state{state="unready"}' 1
	prometheus_has hale_ready 0
	prometheus_has hale_live 1
	prometheus_has 'hale_target_healthy{target="file:/ready"}' 0
	docker exec "$server" /busybox touch /ready
	wait_until 30 prometheus_has hale_ready 1
	wait_until 30 prometheus_has 'hale_state{state="healthy"}' 1
	prometheus_has 'count(hale_state)' 5
	wait_until 30 prometheus_has \
		'rate(hale_probes_total{target="file:/ready",result="success"}[5s]) > bool 0' 1
	ask "$server" http://127.0.0.1:9091/api/v1/targets |
		jq --exit-status '.data.activeTargets | length == 1 and
			.[0].health == "up" and .[0].lastError == ""'
}
