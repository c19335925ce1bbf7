#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Runs examples/monitoring with docker-compose and a real Docker engine, with
# Debian's Prometheus and cAdvisor in place of their images.  Only the times in
# the configuration are shortened.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

EXAMPLE=$E2E_ROOT/examples/monitoring

setup_file() {
	OBSTACLE=$(obstacle docker dockerd docker-compose containerd runc \
		iptables node busybox curl jq prometheus promtool)
	export OBSTACLE CADVISOR_FILE
	CADVISOR_FILE=$("$E2E_ROOT/tests/support/cadvisor" \
		"$E2E_ROOT/build/cadvisor" 3>&-) || CADVISOR_FILE=
	[ -z "$OBSTACLE" ] || return 0
	start_docker "$HALE" network
	server_image
	stand_in prometheus-stand-in "$(command -v prometheus)" /prometheus
	[ -z "$CADVISOR_FILE" ] || stand_in cadvisor-stand-in "$CADVISOR_FILE"
	mkdir "$E2E/prometheus"
	sed -E 's/(interval|for): [0-9]+[sm]/\1: 1s/' "$EXAMPLE/prometheus.yml" \
		>"$E2E/prometheus/prometheus.yml"
	sed -E 's/(interval|for): [0-9]+[sm]/\1: 1s/' "$EXAMPLE/alerts.yml" \
		>"$E2E/prometheus/alerts.yml"
	compose up --detach --no-build web prometheus \
		${CADVISOR_FILE:+cadvisor}
}

teardown_file() {
	[ -n "$OBSTACLE" ] || compose down --volumes
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
	server=$(docker ps --quiet --filter name=hale.web.1)
}

compose() { # COMMAND...
	PROMETHEUS=prometheus-stand-in CADVISOR=cadvisor-stand-in \
		CONFIGURATION=$E2E/prometheus DOCKER_ROOT=$E2E/data \
		DOCKER_SOCKET=$E2E/docker.sock docker-compose \
		--file "$EXAMPLE/compose.yaml" --project-name hale "$@"
}

# The image of Dockerfile.example, but with the hale that is here already.
server_image() {
	local context=$E2E/server

	node_rootfs "$E2E/node"
	import "$E2E/node" node-stand-in
	mkdir -p "$context/examples/node"
	cp "$HALE" "$context"
	cp "$E2E_ROOT/examples/node/server.js" "$context/examples/node"
	# shellcheck disable=SC2016 # it is sed's
	{
		echo 'FROM node-stand-in'
		sed -e '1,/^FROM \${NODE}/d' -e 's/--from=hale .src.//' \
			"$E2E_ROOT/Dockerfile.example"
	} >"$context/Dockerfile"
	docker build --tag hale-example "$context"
}

# An image of one program of this machine, with a directory for its data.
stand_in() { # IMAGE FILE [DIRECTORY]
	local root=$E2E/root

	mkdir -p "$root/etc" "$root/run" "$root/tmp" "$root${3-}"
	chmod 1777 "$root${3-/tmp}"
	cp /etc/nsswitch.conf "$root/etc"
	copy_to "$root" "$2"
	tar --create --directory "$root" --numeric-owner . |
		docker import --change "ENTRYPOINT [\"$2\"]" - "$1" >/dev/null
	rm -rf "$root"
}

# ---- Prometheus' own view ----

api() { # PATH [CURL-OPTION...]
	local path=$1

	shift
	nsenter --target "$(<"$E2E/first")" --net \
		curl --silent --max-time 5 --get "$@" \
		"http://127.0.0.1:9090/api/v1/$path"
}

# Does the expression have this one value?
has() { # EXPRESSION VALUE
	api query --data-urlencode "query=$1" |
		jq --exit-status --arg value "$2" \
			'.data.result | length == 1 and .[0].value[1] == $value'
}

# Is there any value that satisfies the expression?
holds() { # EXPRESSION
	api query --data-urlencode "query=$1" |
		jq --exit-status '.data.result | length > 0'
}

fires() { # ALERT
	api alerts | jq --exit-status --arg name "$1" '.data.alerts |
		any(.labels.alertname == $name and .state == "firing")'
}

nothing_fires() {
	api alerts | jq --exit-status '.status == "success" and
		(.data.alerts | all(.state != "firing"))'
}

# As README.md says it.
signal_server() { # SIGNAL
	grep -q -F "process.kill(-1, \"$1\")" "$EXAMPLE/README.md"
	compose exec -T web /nodejs/bin/node -e "process.kill(-1, \"$1\")"
}

# ---- The files ----

@test "promtool finds nothing wrong with the configuration and the alerts" {
	run -0 promtool check config "$EXAMPLE/prometheus.yml"
	[[ $output = *'1 rule files found'* ]]
}

@test "each alert fires when it should, and not before" {
	local alert

	cd "$EXAMPLE"
	promtool test rules alerts_test.yml
	# Each of them has a test that expects it, and one that does not.
	while read -r alert; do
		grep -q "alertname: $alert, exp_alerts: \[\]" alerts_test.yml
		grep -q "alertname: $alert\$" alerts_test.yml
	done < <(sed -n 's/.*- alert: //p' alerts.yml)
}

# ---- The stack ----

@test "Prometheus finds the server by its name, and reads hale's metrics" {
	wait_until 60 has 'up{job="hale"}' 1
	wait_until 60 has hale_ready 1
	has 'hale_state{state="healthy"}' 1
	# shellcheck disable=SC2016 # the target as it was written
	has 'hale_target_healthy{target="http://localhost:${PORT:-8080}/"}' 1
	wait_until 30 nothing_fires
}

@test "Prometheus reads from cAdvisor what the server's container uses" {
	[ -n "$CADVISOR_FILE" ] || skip "Debian 11's cAdvisor cannot be had"
	wait_until 60 has 'up{job="cadvisor"}' 1
	wait_until 60 has 'container_spec_memory_limit_bytes{name=~"hale.web.1"}' \
		134217728
	holds 'container_memory_working_set_bytes{name=~"hale.web.1"} > 1e6'
	# Other cgroups of the machine are dropped.
	not holds '{__name__=~"container_.*", name=""}'
}

@test "the alert fires when the server hangs, and ends when it goes on" {
	wait_until 60 has hale_ready 1
	signal_server SIGSTOP
	wait_until 90 fires Unhealthy
	has hale_live 0
	logged "$server" 'unhealthy: http://localhost:'
	signal_server SIGCONT
	wait_until 60 nothing_fires
	has 'hale_state{state="healthy"}' 1
}

@test "the alert HaleDown fires when the container is gone from the network" {
	wait_until 60 has hale_ready 1
	docker pause "$server"
	wait_until 90 fires HaleDown
	docker unpause "$server"
	wait_until 60 nothing_fires
}

