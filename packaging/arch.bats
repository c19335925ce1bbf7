#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# packaging/arch/check accepts the binary that is built, and refuses each way in
# which it could lose what a release promises.

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

setup_file() {
	cd "$ROOT" || exit
	export SYSROOTS=${SYSROOTS:-$ROOT/build/sysroot}
	export BUILD=$BATS_FILE_TMPDIR
	packaging/arch/build amd64 "$BATS_FILE_TMPDIR/hale"
}

setup() {
	cd "$ROOT" || exit
	objects=$BATS_FILE_TMPDIR/arch/amd64
	hale=$BATS_TEST_TMPDIR/hale
}

# link FLAG...: link the objects of hale with these flags.
link() {
	local specs=$SYSROOTS/amd64/musl-gcc.specs rcrt1

	rcrt1=$(find "$SYSROOTS/amd64" -name rcrt1.o)
	# shellcheck disable=SC2046 # they are words
	x86_64-linux-gnu-gcc -specs "$specs" -static -nostartfiles "$rcrt1" \
		-Wl,-pie,--no-dynamic-linker,--gc-sections,-z,text \
		-Wl,-z,noseparate-code,-z,now -s -o "$hale" "$@" \
		$(find "$objects" -name '*.o')
}

refuse() { # WORDS
	run packaging/arch/check amd64 "$hale" "$objects"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$1"* ]]
}

# An object file from a line of C.
object() { # FILE LINE
	mkdir -p "$(dirname "$1")"
	echo "$2" | x86_64-linux-gnu-gcc -fPIE -x c -c -o "$1" -
}

@test "what is built, and what the other tests change, is accepted" {
	packaging/arch/check amd64 "$BATS_FILE_TMPDIR/hale" "$objects"
	link
	packaging/arch/check amd64 "$hale" "$objects"
}

@test "a program at a fixed address is refused" {
	object "$BATS_TEST_TMPDIR/main.o" 'int main(void) { return 0; }'
	x86_64-linux-gnu-gcc -static -no-pie -o "$hale" \
		"$BATS_TEST_TMPDIR/main.o"
	refuse 'is not position-independent'
}

@test "a dynamic program is refused" {
	x86_64-linux-gnu-gcc -o "$hale" -x c - <<<'int main(void) { return 0; }'
	refuse 'names a dynamic linker'
	refuse 'needs a shared library'
}

@test "a program without read-only relocations is refused" {
	link -Wl,-z,norelro
	refuse 'has no read-only relocations'
}

@test "a program that binds lazily is refused" {
	link -Wl,-z,lazy
	refuse 'binds lazily'
}

@test "a program with an executable stack is refused" {
	link -Wl,-z,execstack
	refuse 'has an executable stack'
}

# The flags of the first segment, which is the code's, become RWE.
@test "a program with writable code is refused" {
	link
	printf '\7' | dd of="$hale" bs=1 seek=68 conv=notrunc status=none
	refuse 'has writable code'
}

@test "a program with its symbols is refused" {
	x86_64-linux-gnu-gcc -o "$hale" -x c - <<<'int main(void) { return 0; }'
	refuse 'is not stripped'
}

@test "a program without stack protector is refused" {
	link
	objects=$BATS_TEST_TMPDIR/objects
	object "$objects/one.o" 'int one(void) { return 1; }'
	refuse 'has no stack protector'
}

@test "a program that uses the heap is refused" {
	link
	objects=$BATS_TEST_TMPDIR/objects
	object "$objects/one.o" 'void *malloc(); void *f() { return malloc(9); }'
	refuse 'uses the heap'
}

@test "a program that is too large is refused" {
	link
	truncate -s 98305 "$hale"
	refuse 'has 98305 bytes; 98304 is the most'
}

@test "an unknown architecture is refused, with the names of all" {
	run packaging/arch/build vax "$hale"
	[ "$status" -eq 1 ]
	[[ $output == *"unknown architecture vax, of amd64 arm64"* ]]
}

@test "dpkg knows no other architectures after musl was fetched" {
	before=$(dpkg --print-foreign-architectures)
	packaging/arch/sysroot riscv64 "$BATS_TEST_TMPDIR/sysroot"
	[ -s "$BATS_TEST_TMPDIR/sysroot/musl-version" ]
	[ "$(dpkg --print-foreign-architectures)" = "$before" ]
}
