# SPDX-License-Identifier: MIT
# hale: a tiny static PID 1.  `make help` lists the targets.

PREFIX  = /usr/local
BINDIR  = $(PREFIX)/bin
DATADIR = $(PREFIX)/share
MANDIR  = $(DATADIR)/man
DOCDIR  = $(DATADIR)/doc/hale
DESTDIR =
BUILD   = build
HALE    = hale
HOSTCC  = cc# for the tests, which run on this machine

# musl makes the smallest static binary, so take it where it is installed.  The
# choice is not exported: `make check` installs musl, and then builds with it.
ifeq ($(origin CC),default)
CC := $(shell command -v musl-gcc || echo cc)
endif

# CFLAGS and LDFLAGS belong to the packager; what hale needs stands below.
# By default the first of these that the compiler and its linker know: gcc
# before 12 has no -Oz, and clang no fat objects, in which the tests look for
# what hale calls.
LTO = -flto=auto -ffat-lto-objects
ifeq ($(origin CFLAGS),undefined)
CFLAGS := $(shell for flags in '-Oz $(LTO)' '-Os $(LTO)' -Oz; do \
	echo 'int main(void) { return 0; }' | \
	$(CC) -Werror $$flags -x c -o /dev/null - 2>/dev/null && \
	echo $$flags && exit; done; echo -Os)
endif
LDFLAGS ?=

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wformat=2 \
	-Wimplicit-fallthrough $(if $(CI),-Werror)

# A 32-bit glibc needs the two definitions for files past 2 GiB and for times
# past 2038.
LANGUAGE = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
HARDENING = -fPIE -fstack-protector-strong
# Unwind tables serve debuggers and C++; a stripped C program has no use for them.
SECTIONS = -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
COMPILE = $(CC) $(LANGUAGE) -I. $(HARDENING) $(SECTIONS) $(WARNINGS) \
	$(CPPFLAGS) $(CFLAGS)

# A static PIE.  Debian's musl-gcc accepts -static-pie and silently links a
# dynamic program, so for it the linker's flags are named, and the start file
# rcrt1.o, which lies beside the one that musl-gcc would have taken.  libc stands
# before hale's objects, too: so its few variables share a page with what hale
# always uses, and do not lie behind hale's tables.  -u names what only the
# objects ask for: the file with __stack_chk_guard, which libc's start writes.
ifneq ($(findstring musl-gcc,$(CC)),)
RCRT1 := $(shell $(CC) -\#\#\# -x c /dev/null 2>&1 | \
	grep -o '[^ "]*crt1\.o' | sed 's/[^/]*$$/rcrt1.o/')
STATIC_PIE = -static -nostartfiles $(RCRT1) -Wl,-u,__stack_chk_fail -lc \
	-Wl,-pie,--no-dynamic-linker
else
STATIC_PIE = -static-pie
endif
LINK = $(CC) $(STATIC_PIE) $(HARDENING) $(CFLAGS) $(LDFLAGS) -s \
	-Wl,--gc-sections \
	-Wl,-z,text,-z,relro,-z,now,-z,noexecstack,-z,noseparate-code

SOURCES = $(wildcard *.c lib/*.c probe/*.c report/*.c cli/*.c)
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o)

# `CC init.o` in place of the whole command, unless V=1 asks for it.
ifeq ($(V),)
say = @printf '%-5s %s\n' $(1) $(2);
endif

.DELETE_ON_ERROR:
.PHONY: all help install uninstall demo format clean FORCE

all: $(HALE)

$(HALE): $(OBJECTS)
	$(call say,LINK,$@) $(LINK) -o $@ $^
	@$(COMPILE) -dM -E -include stdlib.h - </dev/null | \
	    if grep -q __GLIBC__; then printf '%s\n' \
	    "hale: built with glibc; musl makes it ten times smaller:" \
	    "      apt install musl-tools (Debian, Ubuntu), then make clean all"; \
	    fi

$(BUILD)/%.o: %.c $(BUILD)/command
	@mkdir -p $(@D)
	$(call say,CC,$*.o) $(COMPILE) -MMD -MP -c -o $@ $<

# Another compiler or other flags build everything anew.
$(BUILD)/command: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(COMPILE) $(LINK))' | cmp -s - $@ || \
	    echo '$(subst ','\'',$(COMPILE) $(LINK))' >$@

# Between two releases, --version says which commit this is.  The variable is
# private, so that $(BUILD)/command does not see the definition.
REVISION := $(if $(wildcard packaging/revision),$(shell packaging/revision))
$(BUILD)/cli/help.o: $(BUILD)/revision
$(BUILD)/cli/help.o: private COMPILE += \
	$(if $(REVISION),-DHALE_REVISION='" - $(REVISION)"')
$(BUILD)/revision: FORCE
	@mkdir -p $(@D)
	@echo '$(REVISION)' | cmp -s - $@ || echo '$(REVISION)' >$@

-include $(OBJECTS:.o=.d)

#: Build and install
#:   make             build ./hale, static and stripped
#:   make demo        build it and show it at work as PID 1
#:   make install     PREFIX=/usr/local DESTDIR=
#:   make uninstall   remove what make install has put there
#:   make clean       remove everything that was built
help:
	@sed -n 's/^#: \{0,1\}//p' Makefile tests/Makefile bench/Makefile \
	    packaging/Makefile
	@echo "Variables: CC, CFLAGS, LDFLAGS, V=1 (show the commands)," \
	    "CI=1 (warnings are errors)"

# FILE:PLACE, what make install puts where and make uninstall removes.
INSTALLED = $(HALE):$(BINDIR)/hale \
	docs/hale.8:$(MANDIR)/man8/hale.8 \
	docs/hale-health.7:$(MANDIR)/man7/hale-health.7 \
	docs/hale-messages.7:$(MANDIR)/man7/hale-messages.7 \
	LICENSE:$(DOCDIR)/LICENSE $(if $(wildcard docs/completions),\
	docs/completions/hale.bash:$(DATADIR)/bash-completion/completions/hale \
	docs/completions/_hale:$(DATADIR)/zsh/site-functions/_hale \
	docs/completions/hale.fish:$(DATADIR)/fish/vendor_completions.d/hale.fish)

install: $(HALE)
	@set -e; for pair in $(INSTALLED); do \
	    file=$${pair%%:*} place=$(DESTDIR)$${pair#*:} mode=0644; \
	    [ "$$file" != $(HALE) ] || mode=0755; \
	    echo "install $$place"; \
	    install -d "$${place%/*}"; \
	    install -m "$$mode" "$$file" "$$place"; \
	done

# Of the folders, only DOCDIR is hale's own.
uninstall:
	@for pair in $(INSTALLED); do rm -f "$(DESTDIR)$${pair#*:}"; done
	@[ ! -d $(DESTDIR)$(DOCDIR) ] || rmdir $(DESTDIR)$(DOCDIR)

demo: $(HALE) $(BUILD)/demo
	@$(BUILD)/demo ./$(HALE)

$(BUILD)/demo: examples/demo.c
	@mkdir -p $(@D)
	$(call say,CC,demo) $(HOSTCC) $(LANGUAGE) $(WARNINGS) -O1 -o $@ $<

# tests/, bench/ and packaging/ have a Makefile each; `make help` lists all.
TESTING = check check-full unit pid1 names compare compare-write faults \
	delays unit32 valgrind coverage fuzz completions replay soak siege e2e \
	e2e-quick lint
BENCHES = bench bench-quick bench-peers
RELEASING = dist tarball binaries packages smoke sbom checksums reproducible \
	packaging-tests
.PHONY: $(TESTING) $(BENCHES) $(RELEASING)

export BUILD HALE HOSTCC CI V

# The benchmarks build the other inits with the same commands.
$(BENCHES): export HALE_COMPILE = $(COMPILE)
$(BENCHES): export HALE_LINK = $(LINK)

$(TESTING):
	@$(MAKE) --no-print-directory -f tests/Makefile $@

$(BENCHES):
	@$(MAKE) --no-print-directory -f bench/Makefile $@

$(RELEASING):
	@$(MAKE) --no-print-directory -f packaging/Makefile $@

format:
	clang-format -i $$(git ls-files '*.[ch]')

clean:
	rm -rf $(BUILD) $(HALE)
