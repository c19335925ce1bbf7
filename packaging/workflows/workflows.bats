#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The scripts that the workflows run.  gh(1) is one that writes down what it is
# asked for; everything else is real.

# shellcheck disable=SC2016 # the expressions are GitHub's
bats_require_minimum_version 1.5.0

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$ROOT" || return
	VERSION=$(packaging/image/describe | sed -n 's/^version=//p')
	unset GITHUB_REPOSITORY GITHUB_SERVER_URL GITHUB_SHA SOURCE
}

# ---- steps ----

# A workflow that breaks no rule, with SED-SCRIPT applied to it.
workflow() { # [SED-SCRIPT]
	sed -e "s/COMMIT/$(printf '%040d' 7)/" -e "${1-}" \
		>"$BATS_TEST_TMPDIR/workflow.yml" <<-'END'
		on: push
		permissions: {}
		jobs:
		  one:
		    runs-on: ubuntu-24.04
		    timeout-minutes: 5
		    permissions:
		      contents: read
		    strategy:
		      matrix:
		        target: [demo, demo CI=1]
		    steps:
		      - uses: actions/checkout@COMMIT # v7.0.1
		        with:
		          persist-credentials: false
		      - run: make ${{ matrix.target }}
		      - run: packaging/image/describe >>"$GITHUB_OUTPUT"
		      - run: packaging/workflows/debian make demo
	END
}

steps() { # STATUS
	run "-$1" packaging/workflows/steps "$BATS_TEST_TMPDIR/workflow.yml"
}

@test "steps: a workflow that keeps the rules is silent" {
	workflow
	steps 0
	[ -z "$output" ]
}

@test "steps: --list shows each command, with the values of the matrix" {
	workflow
	run -0 packaging/workflows/steps --list "$BATS_TEST_TMPDIR/workflow.yml"
	[ "${lines[0]}" = 'make demo' ]
	[ "${lines[1]}" = 'make demo CI=1' ]
	[ "${lines[-1]}" = 'packaging/workflows/debian make demo' ]
}

@test "steps: a target that the Makefile does not have" {
	workflow 's/demo, demo/dmeo, demo/'
	steps 1
	[[ $output = *'the Makefile has no target dmeo'* ]]
	workflow 's/debian make demo/debian make dmeo/'
	steps 1
	[[ $output = *'the Makefile has no target dmeo'* ]]
}

@test "steps: a script that is not there, or cannot be executed" {
	workflow 's#packaging/image/describe#packaging/image/descirbe#'
	steps 1
	[[ $output = *'packaging/image/descirbe is no script'* ]]
	workflow 's#packaging/image/describe#packaging/Dockerfile#'
	steps 1
	[[ $output = *'packaging/Dockerfile is no script'* ]]
	workflow 's#packaging/image/describe#curl#'
	steps 1
	[[ $output = *"'curl' is neither make nor a script"* ]]
	workflow 's#packaging/image/describe#/bin/true#'
	steps 1
	[[ $output = *"'/bin/true' is neither make nor a script"* ]]
}

@test "steps: more than one command" {
	local more

	for more in '; id' '| cat' '\&\& id' '$(id)' '`id`' '>file' '<file'; do
		workflow "s#debian make demo#debian make demo $more#"
		steps 1
		[[ $output = *'is more than one command'* ]]
	done
	workflow 's#run: packaging/workflows/debian#run: |\
          make demo\
          packaging/workflows/debian#'
	steps 1
	[[ $output = *'has more than one line'* ]]
}

@test "steps: what a stranger has chosen stands in a command" {
	workflow 's/matrix.target/github.head_ref/'
	steps 1
	[[ $output = *'has the expression github.head_ref'* ]]
	workflow 's/matrix.target/matrix.other/'
	steps 1
	[[ $output = *'has the expression matrix.other'* ]]
}

@test "steps: an action that is named by a tag, or does not say its version" {
	workflow 's/@0.* # /@v7 # /'
	steps 1
	[[ $output = *'actions/checkout@v7 is not named by a commit'* ]]
	workflow 's/ # v7.0.1//'
	steps 1
	[[ $output = *'does not say its version'* ]]
}

@test "steps: permissions, tokens, time limits and machines" {
	workflow 's/^permissions: {}/permissions: read-all/'
	steps 1
	[[ $output = *'must have `permissions: {}`'* ]]
	workflow '/^    permissions/,/contents/d'
	steps 1
	[[ $output = *'one: does not say which permissions it needs'* ]]
	workflow '/timeout/d'
	steps 1
	[[ $output = *'one: no time limit'* ]]
	workflow 's/ubuntu-24.04/ubuntu-latest/'
	steps 1
	[[ $output = *'one: runs on a machine of any version'* ]]
	workflow '/with:/d; /persist/d'
	steps 1
	[[ $output = *'one: a checkout leaves its token behind'* ]]
}

# ---- release-notes ----

changelog() {
	export CHANGELOG=$BATS_TEST_TMPDIR/CHANGELOG.md
	cat >"$CHANGELOG" <<-'END'
		# Changelog

		All changes.

		## [1.10.0] - 2030-01-02

		Ten.

		## 1.1.0 - 2030-01-01

		[Now](up.md#from) and [a page](https://a.net/)
		and [above](#top).

		### Added

		- **One** goes
		  on here.
		- Two.
		  - Below two,
		    and on.

		    code is
		    a paragraph here

		```
		not
		joined
		```

		| a | b |
		|---|---|

		## 1.0.0
	END
}

@test "release-notes: the section of one version, each paragraph on a line" {
	changelog
	run -0 packaging/release-notes v1.1.0 https://b.org/
	[ "${lines[0]}" = '[Now](https://b.org/blob/v1.1.0/up.md#from) and'\
' [a page](https://a.net/) and [above](#top).' ]
	[ "$(tail -n +2 <<<"$output")" = "$(cat <<-'END'

		### Added

		- **One** goes on here.
		- Two.
		  - Below two, and on.

		    code is a paragraph here

		```
		not
		joined
		```

		| a | b |
		|---|---|
	END
	)" ]
	run -0 packaging/release-notes 1.10.0
	[ "$output" = Ten. ]
}

@test "release-notes: a version without an entry, or with an empty one, fails" {
	changelog
	run -1 packaging/release-notes 1.1
	[ "$output" = 'release-notes: CHANGELOG.md has nothing about 1.1' ]
	run -1 packaging/release-notes 1x1.0
	run -1 packaging/release-notes 1.0.0
}

@test "release-notes: the changelog has this version" {
	run -0 packaging/release-notes "$VERSION" https://example.org/hale
	[[ $output = *'### '* ]]
}

# ---- verify and publish ----

dist() {
	DIST=$BATS_TEST_TMPDIR/dist
	mkdir "$DIST"
	echo binary >"$DIST/hale-linux-amd64"
	echo package >"$DIST/hale_amd64.deb"
	(cd "$DIST" && sha256sum -- * >SHA256SUMS)
}

@test "verify: the tag is the version, and the files are intact" {
	dist
	run -0 packaging/workflows/verify "v$VERSION"
	run -0 packaging/workflows/verify "v$VERSION" "$DIST"
	[ -z "$output" ]
}

@test "verify: another version, and a tag without its v" {
	run -1 packaging/workflows/verify v99.0.0
	[[ $output = *"the tag is v99.0.0, and the version of lib/version.h"* ]]
	run -1 packaging/workflows/verify "$VERSION"
}

@test "verify: a file that is changed, missing or not listed" {
	dist
	echo other >"$DIST/other"
	run -1 packaging/workflows/verify "v$VERSION" "$DIST"
	[[ $output = *'SHA256SUMS does not name other' ]]
	rm "$DIST/other"
	echo more >>"$DIST/hale-linux-amd64"
	run -1 packaging/workflows/verify "v$VERSION" "$DIST"
	[[ $output = *'is not what SHA256SUMS says' ]]
	rm "$DIST/hale-linux-amd64"
	run -1 packaging/workflows/verify "v$VERSION" "$DIST"
	[[ $output = *'is not what SHA256SUMS says' ]]
}

# A gh that writes its arguments to the file `asked`, and keeps the notes.
recording_gh() {
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/gh" <<-END
		#!/bin/sh
		echo "\$*" >>"$BATS_TEST_TMPDIR/asked"
		while [ \$# -gt 0 ]; do
			[ "\$1" != --notes-file ] ||
				cp "\$2" "$BATS_TEST_TMPDIR/notes"
			shift
		done
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/gh"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "publish: a draft with all files and the notes, and then the release" {
	dist
	recording_gh
	SOURCE=https://example.org/hale \
		run -0 packaging/workflows/publish "v$VERSION" "$DIST"
	mapfile -t asked <"$BATS_TEST_TMPDIR/asked"
	[ "${#asked[@]}" -eq 2 ]
	[[ ${asked[0]} = "release create v$VERSION --verify-tag "*' --draft '* ]]
	[[ ${asked[0]} = *"$DIST/SHA256SUMS $DIST/hale-linux-amd64"* ]]
	[[ ${asked[0]} != *--prerelease* ]]
	[ "${asked[1]}" = "release edit v$VERSION --draft=false" ]
	cmp "$BATS_TEST_TMPDIR/notes" <(packaging/release-notes "$VERSION" \
		https://example.org/hale)
}

@test "publish: nothing is asked for if a file is not what was built" {
	dist
	recording_gh
	echo more >>"$DIST/hale-linux-amd64"
	run -1 packaging/workflows/publish "v$VERSION" "$DIST"
	[ ! -e "$BATS_TEST_TMPDIR/asked" ]
}

# ---- describe and dockerfiles ----

@test "describe: what GitHub's environment says" {
	export GITHUB_SERVER_URL=https://example.org GITHUB_SHA=0123abcd
	export GITHUB_REPOSITORY=Owner/Hale SOURCE_DATE_EPOCH=86400
	run -0 packaging/image/describe
	[ "$output" = "$(printf '%s\n' "version=$VERSION" revision=0123abcd \
		time=86400 source=https://example.org/Owner/Hale \
		image=ghcr.io/owner/hale platforms=)" ]
}

@test "dockerfiles: those of the documentation are found, and are whole" {
	run -0 packaging/workflows/dockerfiles "$BATS_TEST_TMPDIR/all"
	[[ $output = *packaging-Dockerfile* ]]
	[[ $output = *Dockerfile.example* ]]
	[ "$(grep -c '```dockerfile' README.md)" -eq \
		"$(grep -c "/README[.]md[.]" <<<"$output")" ]
	run -0 grep -L '^FROM ' "$BATS_TEST_TMPDIR"/all/*
	[ -z "$output" ]
}

@test "ci.yml: every architecture of a release is built and tested" {
	[ -e packaging/arch/table ] || skip 'there is no packaging/arch/table'
	diff <(packaging/workflows/steps --list .github/workflows/ci.yml |
		sed -n 's/.*ARCHES=//p' | sort) \
		<(sed '/^#/d; s/ .*//' packaging/arch/table | sort)
}
