#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The servers that people wait for, from Debian's packages, in containers of a
# real Docker engine.  For each of them a container with hale is started first,
# while the name of the server does not exist yet.  It starts its program when
# the server answers, is unready while the server is down, and healthy again
# when the server is back.  It is never restarted.

# shellcheck disable=SC2016 # what is quoted is for the container's shell
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

# The first bytes of a client that asks PostgreSQL for TLS.
SSL_REQUEST=%00%00%00%08%04%d2%16%2f

POSTGRES='
	PATH=$(echo /usr/lib/postgresql/*/bin):/usr/bin
	[ -d /tmp/data ] || initdb -D /tmp/data -A trust --no-sync
	exec postgres -D /tmp/data -F -h "*" -k /tmp'

MARIADB='
	rm -rf /tmp/data && mkdir /tmp/data
	exec mariadbd --no-defaults --skip-grant-tables --skip-networking=0 \
		--datadir=/tmp/data --socket=/tmp/mariadb --tmpdir=/tmp "$@"'

RABBITMQ='
	export HOME=/tmp/home RABBITMQ_MNESIA_BASE=/tmp/home/mnesia
	export RABBITMQ_LOG_BASE=/tmp/home/log
	export RABBITMQ_NODENAME=rabbit@localhost
	export RABBITMQ_PID_FILE=/tmp/home/pid
	export RABBITMQ_ENABLED_PLUGINS_FILE=/tmp/home/none
	mkdir -p /tmp/home
	exec /usr/lib/rabbitmq/bin/rabbitmq-server'

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc iptables busybox \
		/usr/lib/postgresql/*/bin/postgres mariadbd redis-server \
		memcached rabbitmq-server python3)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker "$HALE" network
	small_image
	machine_image machine
	docker network create --subnet 192.0.2.0/24 lan
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

# The container with hale: it has no shell and no libc.
run_client() { # TARGET
	client=$(docker run --detach --network lan --restart always \
		--entrypoint /hale small -v --wait-for "$1" \
		--wait-timeout 10m --ready "$1" --health-interval 500ms \
		--health-retries 2 -- /busybox sleep 1000)
}

start_client() { # TARGET
	run_client "$1"
	wait_until 30 logged "$client" "waiting for $1: "
	wait_until 10 only "$client" hale:starting
}

start_server() { # DOCKER-OPTION... -- PROGRAM...
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	docker run --detach --network lan --name server "${MACHINE[@]}" \
		"${options[@]}" --entrypoint /hale machine "$@"
}

follows_the_server() {
	wait_until 120 only "$client" hale:healthy busybox
	docker kill server
	wait_until 30 only "$client" hale:unready busybox
	run -1 docker exec "$client" /hale --check
	docker exec "$client" /hale --check --live
	docker start server
	wait_until 120 only "$client" hale:healthy busybox
	[ "$(inspect "$client" .RestartCount)" = 0 ]
}

@test "PostgreSQL is waited for, and watched, by a request for TLS" {
	start_client "tcp://db:5432?send=$SSL_REQUEST&expect=N"
	start_server --network-alias db --user postgres -- sh -c "$POSTGRES"
	follows_the_server
}

@test "MariaDB is waited for, and watched, by its greeting" {
	start_client 'tcp://db:3306?expect=MariaDB'
	start_server --network-alias db --user nobody -- sh -c "$MARIADB" sh \
		--skip-name-resolve
	follows_the_server
}

# Run this many checks from one host, and count the different results.
many_checks() { # COUNT TARGET
	docker run --rm --network lan --env COUNT="$1" --env TARGET="$2" \
		--entrypoint /busybox small sh -c '
			for i in $(seq "$COUNT"); do
				/hale --check "$TARGET" || true
			done | sed "s/.*\(is blocked\).*/\1/" | uniq -c'
}

# MariaDB counts a connection without a login as an error of the host that it
# comes from.  After 100 of them it refuses every connection from that host,
# those of the application included.
@test "MariaDB blocks a host that checks it often without skip-name-resolve" {
	local target='tcp://db:3306?expect=MariaDB'

	start_server --network-alias db --user nobody -- sh -c "$MARIADB"
	run_client "$target"
	wait_until 120 only "$client" hale:healthy busybox
	run -0 many_checks 120 "$target"
	[[ $output == *healthy* && $output == *"is blocked"* ]]
	docker rm --force server
	start_server --network-alias db --user nobody -- sh -c "$MARIADB" sh \
		--skip-name-resolve
	wait_until 120 only "$client" hale:healthy busybox
	run -0 many_checks 120 "$target"
	[[ $output == *healthy* && $output != *"is blocked"* ]]
}

@test "Redis is waited for, and watched, by PING" {
	start_client 'tcp://redis:6379?send=PING%0d%0a&expect=%2BPONG'
	start_server --network-alias redis --user nobody -- redis-server \
		--bind 0.0.0.0 --protected-mode no --save '' --dir /tmp
	follows_the_server
}

@test "Memcached is waited for, and watched, at an address" {
	start_client 'tcp://192.0.2.77:11211?send=version%0d%0a&expect=VERSION'
	start_server --ip 192.0.2.77 --user nobody -- memcached -l 0.0.0.0
	follows_the_server
}

@test "RabbitMQ is waited for, and watched, by the header of AMQP" {
	start_client 'tcp://mq:5672?send=AMQP%00%00%09%01&expect=RabbitMQ'
	start_server --network-alias mq --hostname localhost --user rabbitmq \
		-- sh -c "$RABBITMQ"
	follows_the_server
}

@test "a gRPC server is waited for, and watched, by its health service" {
	/usr/bin/python3 -c 'import grpc' ||
		skip "needs Python's grpc, which is not installed"
	start_client grpc://api:50051/up
	start_server --network-alias api --user nobody \
		--volume "$E2E_ROOT/tests/e2e/grpc:/grpc:ro" \
		-- /usr/bin/python3 -B /grpc/core.py health /hale 0.0.0.0:50051
	follows_the_server
}

@test "a Redis that wants a password is not healthy, and the reason says so" {
	start_client 'tcp://redis:6379?send=PING%0d%0a&expect=%2BPONG'
	start_server --network-alias redis --user nobody -- redis-server \
		--bind 0.0.0.0 --protected-mode no --save '' --dir /tmp \
		--requirepass secret
	wait_until 30 logged "$client" \
		"expected '+PONG', got '-NOAUTH Authentication required.'"
	only "$client" hale:starting
}

@test "one program waits for several servers at once" {
	start_server --network-alias redis --user nobody -- redis-server \
		--bind 0.0.0.0 --protected-mode no --save '' --dir /tmp
	client=$(docker run --detach --network lan --entrypoint /hale small \
		--wait-timeout 10m \
		--wait-for 'tcp://redis:6379?send=PING%0d%0a&expect=%2BPONG' \
		--wait-for 'tcp://cache:11211?expect=VERSION&send=version%0d%0a' \
		--wait-for exec:'/busybox nslookup cache' \
		/busybox echo started)
	# Which of those that are missing is named depends on who answers first.
	wait_until 30 logged "$client" 'waiting for '
	not logged "$client" started
	docker run --detach --network lan --network-alias cache \
		--user nobody "${MACHINE[@]}" --entrypoint memcached machine \
		-l 0.0.0.0
	wait_until 60 has_ended "$client"
	docker logs "$client"
	[ "$(status_of "$client")" = 0 ]
	logged "$client" started
}
