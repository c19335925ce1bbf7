#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The manifests of examples/kubernetes and docs/kubernetes.md, checked against
# the schemas of Kubernetes.

bats_require_minimum_version 1.5.0
load helpers

EXAMPLE=$E2E_ROOT/examples/kubernetes

# Install what checks them, which stays in build/ for the next time.
schemas() {
	local directory=$E2E_ROOT/build/kubernetes files

	files=$E2E_ROOT/tests/support/kubernetes
	mkdir -p "$directory"
	cp "$files/check.mjs" "$directory"
	if ! cmp -s "$files/package-lock.json" "$directory/package-lock.json"
	then
		rm -f "$directory/package-lock.json"
		cp "$files"/package*.json "$directory"
		npm ci --prefix "$directory" --no-audit --no-fund ||
			{ rm "$directory/package-lock.json" && return 1; }
	fi
	node "$directory/check.mjs" "$@"
}

@test "the manifests, and those of docs/kubernetes.md, are as Kubernetes wants" {
	command -v npm || skip "needs npm, which is not installed"
	run -0 schemas "$EXAMPLE"/*.yaml "$E2E_ROOT/docs/kubernetes.md"
	((${lines[-1]%% *} >= 5)) # npm has said something before
}

@test "a mistake in a manifest is found" {
	local bad=$BATS_TEST_TMPDIR/bad.yaml

	command -v npm || skip "needs npm, which is not installed"
	sed 's/readinessProbe:/readynessProbe:/' "$EXAMPLE/http.yaml" >"$bad"
	run -1 schemas "$bad"
	[[ $output = *readynessProbe* ]]
	sed 's/failureThreshold: 35/failureThreshold: many/' \
		"$EXAMPLE/http.yaml" >"$bad"
	run -1 schemas "$bad"
	[[ $output = *startupProbe/failureThreshold* ]]
}
