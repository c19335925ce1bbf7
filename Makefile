# SPDX-License-Identifier: MIT
# hale: a tiny static PID 1.  `make help` says what can be asked for.

PREFIX = /usr/local
SBINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DESTDIR =
BUILD = build
HALE = hale

comma := ,

# The smallest binary comes from musl, so take it wherever it is.
ifeq ($(origin CC),default)
CC := $(shell command -v musl-gcc || echo cc)
endif
MUSL := $(findstring musl,$(notdir $(CC))$(shell $(CC) -dumpmachine 2>/dev/null))

# Those of these flags that this compiler knows.
known = $(foreach flag,$(1),$(shell $(CC) -Werror $(flag) -c -x c -o /dev/null \
	/dev/null >/dev/null 2>&1 && echo $(flag)))

# Without these a 32-bit glibc knows no file past 2 GiB and no year past 2038.
WIDE = -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64

# No vectors and no fractions, which x86 would save in each list of arguments;
# nor is it said that there are none.
CPU := $(call known,-mgeneral-regs-only -mskip-rax-setup)

# What -Oz does all the same for speed, or in vain: these save one in forty.
SMALL := $(call known,-malign-data=abi -fno-inline-functions-called-once \
	-fno-caller-saves -fno-if-conversion -fno-tree-tail-merge \
	-fno-optimize-sibling-calls -fno-tree-forwprop -fno-tree-loop-im \
	-fno-expensive-optimizations -fno-ipa-sra -fno-move-loop-invariants \
	-fno-tree-coalesce-vars)

# HARDENED=1 costs room, see SECURITY.md; or some of these alone, for make size.
HARDENED =
HARDEN := $(subst 1,canary pie relro code,$(HARDENED))

# With musl its own start suffices, and string.c takes the place of a part.
ifneq ($(MUSL),)
START := $(patsubst %,-nostartfiles %,$(shell $(CC) -\#\#\# -static -no-pie \
	-x c /dev/null 2>&1 | tr ' ' '\n' | grep 'crt1\.o$$'))
SHORT = string
SHORT_FLAGS := $(call known,-fno-builtin -fno-tree-loop-distribute-patterns)
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine)),)
SHORT += $(if $(filter start canary pie,$(HARDEN)),,x86_64)
endif
endif

# musl-gcc takes -static-pie and makes none without a word: so its parts.  And
# musl leaves to relro.c what glibc does by itself.
ifneq ($(filter pie,$(HARDEN)),)
PIE := -fPIE
ifneq ($(findstring musl,$(notdir $(CC))),)
START := $(patsubst %/Scrt1.o,%/rcrt1.o,$(START:%/crt1.o=%/rcrt1.o))
STATIC := -static -Wl,-pie,--no-dynamic-linker,-z,text
else
START :=
STATIC := -static-pie -Wl,-z,text
endif
ifneq ($(MUSL),)
SHORT += $(if $(filter relro,$(HARDEN)),relro)
endif
else
PIE := -fno-pie
STATIC := -static -no-pie
endif
CANARY := $(if $(filter canary,$(HARDEN)),-fstack-protector-strong)

# x86_64.S has no canary to look at, and nothing that wants a stack in lines.
ifneq ($(filter x86_64,$(SHORT)),)
ALONE := -fno-stack-protector $(call known,-mpreferred-stack-boundary=3)
endif

# main stays beside the loop, and the loop's strings are not joined with those
# of the others, see border.c.
TOGETHER := $(call known,-fno-reorder-functions)
APART := $(call known,-fno-merge-constants)

# What follows is needed; CFLAGS and LDFLAGS are the packager's.
CFLAGS ?= $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && \
	echo -Oz || echo -Os)
FLAGS = -std=c11 -D_GNU_SOURCE $(WIDE) $(PIE) $(CANARY) -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-jump-tables \
	-fno-ident $(TOGETHER) $(CPU) $(SMALL)
# Alpine's gcc needs -no-pie beside -static; clang says that it does not.
LINK = $(STATIC) -Wno-unused-command-line-argument -s -Wl,--gc-sections \
	-Wl,--build-id=none -Wl,-z,noexecstack \
	-Wl,-z,$(if $(filter code,$(HARDEN)),,no)separate-code \
	-Wl,-z,$(if $(filter relro,$(HARDEN)),relro$(comma)-z$(comma)now,norelro)
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
	-Wformat=2 -Wimplicit-fallthrough
TEST_WARNINGS = -Wall -Wextra -Wstrict-prototypes -Wvla
ifneq ($(CI),)
WARNINGS += -Werror
TEST_WARNINGS += -Werror
endif

# In the order of the linker, see border.c: what is needed all the time, and
# what is needed now and then.
LOOP = status text signals reaper health stop sweep watch probe http grpc \
	notify clock $(SHORT) init border
RARE = options names target hosts address duration path spawn announce cgroup \
	report replace check tools log errors verdict serve
MODULES = $(LOOP) $(RARE)
OBJECTS = $(MODULES:%=$(BUILD)/%.o)
HEADERS = $(wildcard *.h)
PURE = signals reaper health options names path stop cgroup report replace \
	http grpc notify target address hosts log errors clock duration text \
	status verdict serve
UNIT = $(wildcard tests/unit/*.c)
PID1 = $(wildcard tests/pid1/*.c)

# Tests are built with the system's own compiler and libc.
HOSTCC = cc

# It runs while hale is built, wherever that is for; without HOSTCC it is static,
# as hale is, since there may be no libc to load.
PACKCC := $(shell command -v $(HOSTCC) || echo '$(CC) -static')
TESTFLAGS = -std=c11 -D_GNU_SOURCE $(WIDE) -g -O1 $(TEST_WARNINGS) -I. -Itests/support
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all

.DELETE_ON_ERROR:
.PHONY: all help install uninstall size demo check unit pid1 e2e lint \
	format bench bench-quick bench-tools clean always coverage names \
	coverage-programs fuzz fuzz-programs replay faults soak unit32 valgrind

all: $(HALE)

# init.o behind libc: its state ends with a buffer that is hardly ever touched,
# and untouched pages cost nothing only at the end.  It saves one in ten.
$(HALE): $(OBJECTS)
	$(CC) $(FLAGS) $(CFLAGS) $(LINK) $(if $(ALONE),-nostartfiles,$(START)) \
	    $(LDFLAGS) -o $@ $(patsubst %/init.o,-lc %/init.o,$(OBJECTS)) -lc
	@$(if $(MUSL),:,echo "hale: built with $(CC) and its libc:" \
	    "$$(($$(wc -c <$@) / 1024)) KiB; musl-gcc" \
	    "(Debian, Ubuntu: apt install musl-tools) makes it 40 KiB")

COMPILE = $(CC) $(FLAGS) $(WARNINGS) $(CFLAGS) $(CPPFLAGS)

# Between the preprocessor and the compiler, hale's words are packed, see pack.c.
C_MODULES = $(filter-out x86_64,$(MODULES))
PACKED = $(BUILD)/packed

$(BUILD)/%.i: %.c $(HEADERS) Makefile $(BUILD)/how
	$(COMPILE) -DPACKED -E -o $@ $<

$(PACKED)/done: $(BUILD)/pack $(C_MODULES:%=$(BUILD)/%.i)
	@mkdir -p $(@D)
	$(BUILD)/pack $(@D) $(filter %.i,$^)
	@touch $@

$(BUILD)/pack: pack.c text.h Makefile | $(BUILD)
	$(PACKCC) -std=c11 -O1 $(WARNINGS) -o $@ $<

$(C_MODULES:%=$(BUILD)/%.o): $(BUILD)/%.o: $(PACKED)/done
	$(COMPILE) $(ALONE) -c -o $@ $(PACKED)/$*.i

$(BUILD)/%.o: %.S Makefile $(BUILD)/how
	$(COMPILE) -c -o $@ $<

$(LOOP:%=$(BUILD)/%.o): FLAGS += $(APART)

# Or the compiler would make calls of these functions to themselves.
$(BUILD)/string.o: FLAGS += $(SHORT_FLAGS)

# All of init.c works on one state, which is nearer by its pointer than by name.
$(BUILD)/init.o: FLAGS += $(call known,-fno-ipa-cp)

# Another compiler or other flags build anew: musl-gcc may have come meanwhile.
HOW = $(subst ','\'',$(COMPILE) $(ALONE) $(LINK) $(START) $(LDFLAGS))
$(BUILD)/how: always | $(BUILD)
	@[ "$$(cat $@ 2>/dev/null)" = '$(HOW)' ] || \
	    printf '%s\n' '$(HOW)' >$@

$(BUILD):
	mkdir -p $@

help:
	@sed -n 's/^#: //p' Makefile

#: make             build ./hale, static and stripped
#: make demo        build it and see it at work as PID 1
#: make check       install what the tests need (Debian, Alpine, Fedora), and pass
#: make faults      each system call fails each time, not just the first two
#: make unit32      a 32-bit build, and the unit tests as 32-bit programs
#: make valgrind    runs as PID 1 under memcheck, and what it can be part of of pid1
#: make coverage    how much of hale unit and pid1 run: 95 % of lines, 90 of branches
#: make fuzz        libFuzzer on what takes bytes from outside, FUZZ_SECONDS=60 each
#: make replay      what it was begun with and what it found, without libFuzzer
#: make names       tini, dumb-init and catatonit beside hale under their names
#: make e2e         the same with real Docker, Swarm, podman; needs root
#: make soak        everything at once for SOAK_SECONDS=600, within bounds
#: make lint        formatter, analysers, manual, shell scripts, include rules
#: make size        what the binary is made of, and what hardening it costs
#: make bench       figures: start, memory, signals, health, beside tini, curl
#: make bench-quick the same in under a minute, not to be quoted
#: make docs/states.svg  the drawing of the states, anew
#: make install     PREFIX=/usr/local DESTDIR=
#: make uninstall   the same, backwards
#: make clean       remove what was built
#: Variables: CC, CFLAGS, LDFLAGS, CI=1 (warnings are errors), TESTS='elf/*' (of pid1), HARDENED=1 (see
#:   SECURITY.md; BUILD=build/hardened HALE=build/hardened/hale keeps it apart)

install: hale
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(MANDIR)/man8
	install -m 0755 hale $(DESTDIR)$(SBINDIR)/hale
	install -m 0644 hale.8 $(DESTDIR)$(MANDIR)/man8/hale.8

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/hale $(DESTDIR)$(MANDIR)/man8/hale.8

# What each part of HARDENED=1 costs; "start" is libc's in place of x86_64.S.
VARIANTS = start canary pie relro code

size: $(HALE) $(VARIANTS:%=size-%) size-1
	@size $(OBJECTS)
	@printf '%7d bytes: %s\n' $$(wc -c <$(HALE)) $(HALE)
	@for v in $(VARIANTS) 1; do printf '%7d bytes: HARDENED=%s\n' \
	    $$(wc -c <$(BUILD)/size/$$v/hale) $$v; done

size-%:
	@$(MAKE) -s HARDENED=$* BUILD=$(BUILD)/size/$* \
	    HALE=$(BUILD)/size/$*/hale $(BUILD)/size/$*/hale

demo: hale $(BUILD)/demo
	@$(BUILD)/demo ./hale

$(BUILD)/demo: examples/demo.c Makefile | $(BUILD)
	@$(HOSTCC) -std=c11 -D_GNU_SOURCE -O1 $(WARNINGS) -o $@ $<

check:
	@tests/support/deps check names
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory unit pid1 names

unit: $(BUILD)/unit replay
	$(BUILD)/unit

# The same on a 32-bit machine, which has no package of Criterion beside it.
M32 = $(BUILD)/m32

unit32:
	@tests/support/deps m32
	@mkdir -p $(M32)
	@$(MAKE) --no-print-directory CC='$(HOSTCC) -m32' BUILD=$(M32) \
	    HALE=$(M32)/hale $(M32)/hale
	$(HOSTCC) -m32 $(TESTFLAGS) -Wno-sign-compare $(SANITIZE) \
	    -Itests/support/alone -o $(M32)/unit $(UNIT_SOURCES) \
	    tests/support/alone/alone.c $(PURE:%=%.c)
	$(M32)/unit

UNIT_SOURCES = $(UNIT) tests/support/json.c

$(BUILD)/unit: $(UNIT_SOURCES) $(PURE:%=%.c) $(HEADERS) \
	    tests/support/json.h Makefile | $(BUILD)
	$(HOSTCC) $(TESTFLAGS) $(SANITIZE) -o $@ $(UNIT_SOURCES) \
	    $(PURE:%=%.c) -lcriterion

# What takes bytes from outside, fed by libFuzzer, or by a plain main where
# there is none.  Of the modules each program has those that it needs.
FUZZ = $(BUILD)/fuzz
FUZZ_SECONDS = 60
FUZZ_CC = clang
FUZZ_COVER = -fsanitize=fuzzer-no-link
FUZZ_MAIN = -fsanitize=fuzzer
FUZZ_TARGETS = $(filter-out input replay,\
	$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
FUZZ_PARTS = $(filter-out init border $(SHORT),$(MODULES)) input json
FUZZ_HEADERS = $(HEADERS) tests/fuzz/input.h tests/support/json.h
FUZZ_COMPILE = $(FUZZ_CC) $(TESTFLAGS) $(SANITIZE)

fuzz:
	@tests/support/deps fuzz
	@$(MAKE) --no-print-directory fuzz-programs
	@tests/fuzz/run $(FUZZ) $(FUZZ_SECONDS) $(FUZZ_TARGETS)

REPLAY = $(BUILD)/replay

replay: FUZZ_COVER =
replay:
	@$(MAKE) --no-print-directory fuzz-programs FUZZ=$(REPLAY) \
	    FUZZ_CC=$(HOSTCC) FUZZ_COVER='$(FUZZ_COVER)' \
	    FUZZ_MAIN='tests/fuzz/replay.c $(FUZZ_END)'
	@for name in $(FUZZ_TARGETS); do $(REPLAY)/$$name \
	    tests/fuzz/*/$$name/* >$(REPLAY).log 2>&1 || { \
	    tail -n 40 $(REPLAY).log; exit 1; }; done
	@echo "replayed: $$(ls tests/fuzz/*/*/* | wc -l) inputs of fuzz targets"

fuzz-programs: $(FUZZ_TARGETS:%=$(FUZZ)/%)

$(FUZZ_TARGETS:%=$(FUZZ)/%): $(FUZZ)/%: tests/fuzz/%.c $(FUZZ)/parts.a \
	    $(filter %.c,$(FUZZ_MAIN)) $(FUZZ_HEADERS) Makefile
	$(FUZZ_COMPILE) -o $@ $(filter %.c,$^) $(FUZZ)/parts.a \
	    $(filter -%,$(FUZZ_MAIN))

$(FUZZ)/parts.a: $(FUZZ_PARTS:%=$(FUZZ)/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

# Here check asks tests/fuzz/check.c in place of the machine, and never rests.
$(FUZZ)/check.o: SEAM = -Dpoll=page_wait -Dtools_sleep=page_sleep \
	-Dclock_now=page_clock -Dstatus_of=page_state -Dstatus_read=page_read

$(FUZZ)/%.o: %.c $(FUZZ_HEADERS) Makefile | $(FUZZ)
	$(FUZZ_COMPILE) $(FUZZ_COVER) $(SEAM) -c -o $@ $<

$(FUZZ)/%.o: tests/fuzz/%.c $(FUZZ_HEADERS) Makefile | $(FUZZ)
	$(FUZZ_COMPILE) -c -o $@ $<

$(FUZZ)/%.o: tests/support/%.c $(FUZZ_HEADERS) Makefile | $(FUZZ)
	$(FUZZ_COMPILE) -c -o $@ $<

$(FUZZ):
	mkdir -p $@

SUPPORT = $(wildcard tests/support/*.c)
SUPPORT_HEADERS = $(wildcard tests/support/*.h)

# With glibc as a library, since memcheck knows what its functions may read.
valgrind: $(BUILD)/valgrind/hale $(BUILD)/guest $(BUILD)/pid1 $(BUILD)/actor
	@tests/support/deps check valgrind
	tests/support/memcheck $(abspath $(wordlist 1,3,$^))

$(BUILD)/valgrind/hale: $(filter-out string.c x86_64.c relro.c,\
	    $(MODULES:%=%.c)) $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(HOSTCC) $(TESTFLAGS) -no-pie -o $@ \
	    $(filter %.c,$^)

# What hale runs in the tests: static programs of many small parts.
PLAYERS = guest actor herald vandal

pid1: $(BUILD)/pid1 $(PLAYERS:%=$(BUILD)/%) $(HALE)
	HALE_BIN=$(HALE) GUEST_BIN=$(BUILD)/guest HALE_HARDEN='$(HARDEN)' \
	    $(BUILD)/pid1 $(if $(TESTS),--filter '$(TESTS)')

faults: $(BUILD)/pid1 $(PLAYERS:%=$(BUILD)/%) hale
	FAULTS=all $(BUILD)/pid1 --filter 'faults/*'

$(BUILD)/pid1: $(PID1) $(filter-out $(PLAYERS:%=tests/support/%.c),$(SUPPORT)) \
	    $(SUPPORT_HEADERS) tests/pid1/calls Makefile | $(BUILD) \
	    $(BUILD)/herald
	$(HOSTCC) $(TESTFLAGS) -o $@ $(filter %.c,$^) -lcriterion

$(PLAYERS:%=$(BUILD)/%): $(BUILD)/%: tests/support/%.c \
	    tests/support/player.h Makefile | $(BUILD)
	$(HOSTCC) $(TESTFLAGS) -static -o $@ $<

# What the unit tests and the runs as PID 1 reach together.  hale is linked as
# ever, and counts in memory that all its processes share, see tests/coverage.
COVERAGE = $(BUILD)/coverage
COUNTED = -O0 -g --coverage -fprofile-update=atomic -fno-builtin-execve
COUNTERS = -DCOUNTERS_KEY=$(shell pwd | cksum | cut -c 1-8)
COUNTING = -Wl,--wrap=main,-T,tests/coverage/counters.ld

coverage:
	@tests/support/deps check coverage
	@rm -rf $(COVERAGE)
	@mkdir -p $(COVERAGE)/pure
	@$(MAKE) --no-print-directory BUILD=$(COVERAGE) COVERAGE=$(COVERAGE) \
	    HALE=$(COVERAGE)/hale CFLAGS='$(COUNTED)' HARDENED= \
	    LDFLAGS='$(COUNTING) $(COVERAGE)/share.o' coverage-programs
	@$(MAKE) --no-print-directory replay REPLAY=$(COVERAGE)/replay \
	    FUZZ_COVER='$(COUNTED)' SANITIZE= FUZZ_END=-lgcov
	tests/coverage/run $(COVERAGE)

coverage-programs: $(addprefix $(COVERAGE)/,hale counters pid1 pure/unit \
	    $(PLAYERS))

$(COVERAGE)/hale: $(COVERAGE)/share.o tests/coverage/counters.ld
$(COVERAGE)/pid1: TESTFLAGS += -DCOUNTED

$(COVERAGE)/share.o: tests/coverage/share.c Makefile
	$(CC) $(FLAGS) $(WARNINGS) $(COUNTERS) -Os -c -o $@ $<

# The modules in the order that hale has them in, so that each counter has the
# same place.
$(COVERAGE)/counters: tests/coverage/counters.c \
	    $(filter-out %/x86_64.o,$(OBJECTS))
	$(HOSTCC) $(TESTFLAGS) $(COUNTERS) -no-pie $(COUNTING) -o $@ $^ -lgcov

$(COVERAGE)/pure/unit: $(UNIT_SOURCES) $(PURE:%=$(COVERAGE)/pure/%.o)
	$(HOSTCC) $(TESTFLAGS) -o $@ $^ -lcriterion -lgcov

$(COVERAGE)/pure/%.o: %.c $(HEADERS) Makefile
	$(HOSTCC) $(TESTFLAGS) $(COUNTED) -c -o $@ $<

names: hale $(BUILD)/guest
	@tests/support/deps names
	tests/names/run

# Everything at once, for so long; what must hold is in tests/soak/soak.c.
SOAK_SECONDS = 600
SOAK = $(BUILD)/soak

soak: $(HALE) $(SOAK)/soak $(SOAK)/program
	$(SOAK)/soak $(SOAK_SECONDS) $(abspath $(HALE) $(SOAK)/program)

$(SOAK)/soak: $(filter-out %/program.c,$(wildcard tests/soak/*.c)) \
	    tests/support/json.c $(wildcard tests/soak/*.h) Makefile | $(SOAK)
	$(HOSTCC) $(TESTFLAGS) -o $@ $(filter %.c,$^)

$(SOAK)/program: tests/soak/program.c tests/soak/board.h Makefile | $(SOAK)
	$(HOSTCC) $(TESTFLAGS) -static -o $@ $<

$(SOAK):
	mkdir -p $@

e2e: hale
	@tests/support/deps e2e
	bats tests/e2e

BENCH = $(BUILD)/bench
BENCH_TOOLS = $(addprefix $(BENCH)/,harness program floor_empty floor_exec \
	floor_wait)

bench bench-quick:
	@tests/support/deps bench
	@$(MAKE) --no-print-directory $(HALE) bench-tools
	HALE=$(abspath $(HALE)) bench/run $(if $(filter %-quick,$@),--quick)
	bench/report

bench-tools: $(BENCH_TOOLS)

# What is measured beside hale is built as hale is.
$(BENCH)/%: bench/%.c bench/board.h Makefile $(BUILD)/how | $(BENCH)
	$(COMPILE) $(LINK) $(START) $(LDFLAGS) -o $@ $<

$(BENCH)/harness: $(filter-out bench/program.c bench/floor_%,\
	    $(wildcard bench/*.c)) $(wildcard bench/*.h) Makefile | $(BENCH)
	$(HOSTCC) -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -pthread -o $@ \
	    $(filter %.c,$^)

$(BENCH):
	mkdir -p $@

docs/states.svg: docs/states.dot
	@tests/support/deps docs
	dot -Tsvg -o $@ $<

lint:
	@tests/support/deps lint
	@tests/support/lint

format:
	clang-format -i *.c *.h tests/*/*.c tests/*/*.h examples/*.c bench/*.[ch]

clean:
	rm -rf $(BUILD) hale
