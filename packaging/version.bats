#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The version stands in lib/version.h alone.  What packaging/revision adds to it
# says which commit a build between two releases is.

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

setup() {
	cd "$BATS_TEST_TMPDIR" || exit
	mkdir -p tree/packaging tree/lib
	cp "$ROOT/packaging/revision" tree/packaging
	cp "$ROOT/lib/version.h" tree/lib
	version=$(sed -n 's/^#define HALE_VERSION "\(.*\)"/\1/p' tree/lib/version.h)
}

# No setting of the user's has a say.
git() {
	HOME=$BATS_TEST_TMPDIR GIT_CONFIG_NOSYSTEM=1 command git \
		-c user.name=hale -c user.email=hale@example.org "$@"
}

# make_repository FOLDER: all that is in it is one commit.
make_repository() {
	git -C "$1" init -q
	git -C "$1" add .
	git -C "$1" commit -q -m 'The first commit'
}

# The revision of the tree, and nothing on standard error.
expect_revision() { # WORD
	run tree/packaging/revision
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "$1" ]
}

@test "a source tarball is a release" {
	expect_revision ''
}

@test "a source tarball in a folder of another repository is a release" {
	make_repository .
	expect_revision ''
}

@test "a commit without a tag is named" {
	make_repository tree
	expect_revision "git.$(git -C tree rev-parse --short=12 HEAD)"
}

@test "changed sources are named as changed" {
	make_repository tree
	echo >>tree/lib/version.h
	expect_revision "git.$(git -C tree rev-parse --short=12 HEAD)-dirty"
}

@test "a file that is not the repository's changes nothing" {
	make_repository tree
	git -C tree tag "v$version"
	touch tree/notes
	expect_revision ''
}

@test "the commit with the version's tag is a release" {
	make_repository tree
	git -C tree tag "v$version"
	expect_revision ''
}

@test "the commit with the version's signed or annotated tag is a release" {
	make_repository tree
	git -C tree tag -a -m "hale $version" "v$version"
	expect_revision ''
}

@test "changed sources are no release, whatever the tag" {
	make_repository tree
	git -C tree tag "v$version"
	echo >>tree/lib/version.h
	expect_revision "git.$(git -C tree rev-parse --short=12 HEAD)-dirty"
}

@test "the tag of another version does not make a release" {
	make_repository tree
	git -C tree tag v99.0.0
	expect_revision "git.$(git -C tree rev-parse --short=12 HEAD)"
}

@test "a repository that git cannot read is no release" {
	echo 'gitdir: /no/such' >tree/.git
	expect_revision git.unknown
}

# hale says what the Makefile was told, under each name in its own form.
@test "hale --version has the revision where Docker's daemon looks for it" {
	make -s -C "$ROOT" BUILD="$PWD/b" HALE="$PWD/hale" \
		REVISION=git.0123456789ab
	ln -s hale tini
	ln -s hale dumb-init
	[ "$(./hale --version)" = "hale $version - git.0123456789ab" ]
	[ "$(./tini --version)" = "tini version $version - git.0123456789ab" ]
	[ "$(./dumb-init --version 2>&1)" = \
		"dumb-init v$version - git.0123456789ab" ]

	make -s -C "$ROOT" BUILD="$PWD/b" HALE="$PWD/hale" REVISION=
	[ "$(./hale --version)" = "hale $version" ]
	[ "$(./tini --version)" = "tini version $version" ]
}
