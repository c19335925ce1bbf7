# SPDX-License-Identifier: MIT
# What tests/Makefile and bench/Makefile share: the compiler of the tests is the
# system's own, with the system's libc.

# hale's compiler, chosen as in the root's Makefile.
ifeq ($(origin CC),default)
CC := $(shell command -v musl-gcc || echo cc)
endif

LANGUAGE = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
TEST_FLAGS = -I. -Itests/support -g -O1 -Wall -Wextra -Wstrict-prototypes -Wvla \
	$(if $(CI),-Werror)
TEST_COMPILE = $(HOSTCC) $(LANGUAGE) $(TEST_FLAGS)

# `CC file.o` in place of the whole command, unless V=1 asks for it.
ifeq ($(V),)
say = @printf '%-5s %s\n' $(1) $(2);
endif
