#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Names in targets, resolved by real name servers: Docker's own in a
# user-defined network and in docker-compose, where containers come, go and
# change their addresses; dnsmasq with the resolv.conf of a Kubernetes Pod; and
# unbound behind a server that never answers.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

REDIS='tcp://db:6379?send=PING%0d%0a&expect=%2BPONG'

# The names of the cluster.  Every other name does not exist.
# shellcheck disable=SC2054 # the commas are those of dnsmasq
DNSMASQ=(dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv
	--no-hosts --pid-file= --user=root --listen-address=127.0.0.1
	--bind-interfaces --log-queries --log-facility=- '--local=/#/'
	--host-record=db.prod.svc.cluster.local,127.0.0.7
	--host-record=api.other.svc.cluster.local,127.0.0.7
	--cname=alias.prod.svc.cluster.local,db.prod.svc.cluster.local)

KUBERNETES='nameserver 127.0.0.1
search prod.svc.cluster.local svc.cluster.local cluster.local
options ndots:5'

# A name server that takes every question and answers none.
SILENT='import socket, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.9", 53))
time.sleep(1000)'

setup_file() {
	OBSTACLE=$(obstacle docker dockerd docker-compose containerd runc \
		iptables busybox dnsmasq unbound redis-server python3)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker "$HALE" network
	small_image
	machine_image machine
	docker network create lan
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

# ---- Docker's own name server ----

start_web() { # NAME
	docker run --detach --network lan --name "$1" --network-alias web \
		--entrypoint /hale small -- /busybox httpd -f -p 8080 -h /
}

address_of() { # CONTAINER
	inspect "$1" .NetworkSettings.Networks.lan.IPAddress
}

start_client() { # HALE-OPTION... -- PROGRAM...
	client=$(docker run --detach --network lan --entrypoint /hale small \
		"$@")
}

@test "a container that is replaced is found at its new address" {
	local before

	start_web first
	before=$(address_of first)
	start_client --health http://web:8080/hale --health-interval 500ms \
		-- /busybox sleep 1000
	wait_until 30 only "$client" hale:healthy busybox
	docker rm --force first
	wait_until 60 only "$client" hale:unhealthy busybox
	# Another container takes the address that has become free.
	docker run --detach --network lan --ip "$before" \
		--entrypoint /busybox small sleep 1000 ||
		docker run --detach --network lan \
			--entrypoint /busybox small sleep 1000
	start_web second
	[ "$(address_of second)" != "$before" ]
	wait_until 30 only "$client" hale:healthy busybox
	[ "$(inspect "$client" .RestartCount)" = 0 ]
}

@test "a name that does not exist is a reason that says who was asked" {
	start_client --wait-for tcp://nobody:80 --wait-timeout 2s \
		--exit-report /report /busybox echo started
	wait_until 60 has_ended "$client"
	[ "$(status_of "$client")" = 125 ]
	logged "$client" "hale: error: timed out after 2s waiting for $(
	)tcp://nobody:80: no such host 'nobody' (asked 127.0.0.11)"
	not logged "$client" started
	docker cp "$client:/report" "$BATS_TEST_TMPDIR/report"
	grep '"reason":"not-started","exit_code":125' \
		"$BATS_TEST_TMPDIR/report"
}

@test "--check --wait goes on until the name exists" {
	start_client --check --wait 60s tcp://web:8080
	wait_until 30 logged "$client" "no such host 'web'"
	start_web late
	wait_until 30 has_ended "$client"
	[ "$(status_of "$client")" = 0 ]
}

@test "docker stop ends hale at once while it waits for a name" {
	start_client --wait-for tcp://nobody:80 --grace 60s --drain 60s \
		/busybox echo started
	wait_until 30 logged "$client" 'waiting for tcp://nobody:80'
	stop_in_time "$client"
	[ "$(status_of "$client")" = 143 ]
	not logged "$client" started
}

# ---- docker-compose ----

# A database that starts slowly, and a service that needs it.
write_compose_file() { # WEB...
	cat >"$BATS_TEST_TMPDIR/compose.yaml"
}

compose() { # COMMAND...
	docker-compose --file "$BATS_TEST_TMPDIR/compose.yaml" \
		--project-name names "$@"
}

container_of() { # SERVICE
	docker ps --all --quiet --no-trunc \
		--filter "label=com.docker.compose.service=$1"
}

DATABASE="services:
  db:
    image: machine
    volumes: ['/usr:/usr:ro']
    user: nobody
    entrypoint: [/hale, --health, 'tcp://localhost:6379?send=PING%0d%0a&expect=%2BPONG', --]
    command: [sh, -c, 'sleep 3; exec redis-server --bind 0.0.0.0 --protected-mode no --dir /tmp']
    healthcheck:
      test: [CMD, /hale, --check]
      interval: 1s
      retries: 60"

@test "docker-compose, depends_on with a condition: hale --check is the condition" {
	write_compose_file <<-END
		$DATABASE
		  web:
		    image: small
		    depends_on:
		      db:
		        condition: service_healthy
		    entrypoint: [/hale, --]
		    command: [/hale, --check, '$REDIS']
	END
	compose up --detach
	wait_until 60 has_ended "$(container_of web)"
	[ "$(status_of "$(container_of web)")" = 0 ]
	compose down
}

@test "docker-compose without depends_on: --wait-for waits, --ready watches" {
	local before

	write_compose_file <<-END
		$DATABASE
		  web:
		    image: small
		    restart: always
		    entrypoint: [/hale, --wait-for, '$REDIS', --wait-timeout, 10m,
		      --ready, '$REDIS', --health-interval, 500ms, --]
		    command: [/busybox, sleep, '1000']
	END
	compose up --detach
	client=$(container_of web)
	wait_until 60 only "$client" hale:healthy busybox
	logged "$client" "waiting for $REDIS: "
	before=$(container_of db)
	compose up --detach --force-recreate db
	wait_until 60 logged "$client" "unready: $REDIS: "
	wait_until 60 only "$client" hale:healthy busybox
	[ "$(container_of db)" != "$before" ]
	[ "$(container_of web)" = "$client" ]
	[ "$(inspect "$client" .RestartCount)" = 0 ]
	compose down
}

# ---- dnsmasq and unbound, in a network that has nothing but its loopback ----

# A web server at 127.0.0.7, and NAME-SERVER in the same Pod.
start_pod() { # RESOLV-CONF NAME-SERVER...
	echo "$1" >"$BATS_TEST_TMPDIR/resolv.conf"
	shift
	pod=$(docker run --detach --network none "${MACHINE[@]}" \
		--volume "$BATS_TEST_TMPDIR:/test:ro" \
		--entrypoint /hale machine -- "$@")
	docker exec --detach "$pod" /busybox httpd -p 127.0.0.7:8080 -h /
	wait_until 30 docker exec "$pod" /hale --check tcp://127.0.0.7:8080
}

# Run hale --check in the Pod, with its resolv.conf.
check() { # CHECK-ARGUMENT...
	docker run --rm --network "container:$pod" --entrypoint /hale \
		--volume "$BATS_TEST_TMPDIR/resolv.conf:/etc/resolv.conf:ro" \
		small --check "$@"
}

# The names that dnsmasq was asked for since $seen, in their order.
asked() {
	docker logs "$pod" 2>&1 | sed -n 's/.*query\[A\] \([^ ]*\) .*/\1/p' |
		tail -n "+$((seen + 1))" | xargs
}

asks_for() { # HOST NAME...
	seen=$(docker logs "$pod" 2>&1 | grep -c 'query\[A\]') || true
	run -0 check "http://$1:8080/hale"
	[ "$output" = healthy ]
	wait_until 10 test "$(asked)" = "${*:2}"
}

@test "a Kubernetes Pod: the search list and ndots:5 are obeyed" {
	local zone=svc.cluster.local

	start_pod "$KUBERNETES" "${DNSMASQ[@]}"
	asks_for db "db.prod.$zone"
	asks_for alias "alias.prod.$zone"
	asks_for api.other "api.other.prod.$zone api.other.$zone"
	asks_for db.prod.$zone "db.prod.$zone.prod.$zone db.prod.$zone.$zone $(
	)db.prod.$zone.cluster.local db.prod.$zone"
	asks_for db.prod.$zone. "db.prod.$zone"
	run -1 check http://nobody:8080
	[ "$output" = "unhealthy: http://nobody:8080: no such host 'nobody' $(
	)(asked 127.0.0.1)" ]
}

@test "a missing name server and a missing name have different reasons" {
	start_pod 'nameserver 127.0.0.3' /busybox sleep 1000
	run -1 check http://db:8080
	[ "$output" = "unhealthy: http://db:8080: $(
	)cannot ask name server 127.0.0.3: connection refused" ]
}

@test "unbound: the second server answers, although the first is silent" {
	cat >"$BATS_TEST_TMPDIR/unbound.conf" <<-'END'
		server:
			interface: 127.0.0.1
			username: ""
			chroot: ""
			directory: "/tmp"
			pidfile: ""
			use-syslog: no
			local-zone: "." static
			local-data: "db.example. A 127.0.0.7"
			local-data: "gone.example. TXT empty"
	END
	for ((i = 1; i <= 100; i++)); do
		echo "local-data: \"many.example. A 127.0.1.$i\""
	done >>"$BATS_TEST_TMPDIR/unbound.conf"
	start_pod $'nameserver 127.0.0.9\nnameserver 127.0.0.1' \
		unbound -d -c /test/unbound.conf
	docker exec --detach "$pod" python3 -c "$SILENT"
	wait_until 30 check http://db.example:8080/hale
	run -1 check http://gone.example:8080
	[[ $output = *"host 'gone.example' has no address (asked 127.0.0.1)" ]]
	run -1 check http://none.example:8080
	[[ $output = *"no such host 'none.example' (asked 127.0.0.1)" ]]
	run -1 check http://many.example:8080
	[[ $output = *'connection refused' ||
		$output = *"answer truncated"* ]]
	echo 'nameserver 127.0.0.9' >"$BATS_TEST_TMPDIR/resolv.conf"
	run -1 check http://db.example:8080
	[[ $output = *'name server 127.0.0.9 does not answer' ]]
}
