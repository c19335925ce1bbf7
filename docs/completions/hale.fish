# SPDX-License-Identifier: MIT
#
# Completion of hale(8) for fish.
# Made by docs/completions/generate; change its templates, not this file.

# Print PROGRAM and its arguments, up to the word under the cursor.  Fail if that
# word is still one of hale's own.
function __hale_program
    set -l tokens (commandline -opc) (commandline -ct)
    set -e tokens[1]
    set -l options \
        forward=+ r/rewrite=+ wait-for=+ wait-timeout=+ \
        e/remap-exit=+ exit-report=+ log-level=+ log-format=+ \
        v/verbose stop-signal=+ drain=+ grace=+ health=+ ready=+ \
        health-interval=+ health-timeout=+ health-retries=+ \
        health-successes=+ health-start-period=+ \
        health-start-interval=+ health-status=+ health-header=+ \
        on-unhealthy=+ health-listen=+ check live started wait=+ \
        status=? sleep=+ install=+ h/help V/version l/license g p=+ \
        s w c/single-child P
    argparse -s $options -- $tokens 2>/dev/null
    or return
    set -q _flag_check
    or set -q _flag_status
    or set -q _flag_sleep
    or set -q _flag_install
    or not set -q argv[1]
    or string match -q -- '-*' $argv[1]
    and return 1
    printf '%s\0' $argv
end

function __hale_complete_program
    set -l arguments (__hale_program | string split0)
    __fish_complete_subcommand --commandline $arguments
end

function __hale_in_options
    not __hale_program >/dev/null
end

function __hale_checks
    contains -- --check (commandline -opc)
    and __hale_in_options
end

# The word under the cursor, or the value in it if it is --name=value.
function __hale_word
    commandline -ct | string replace -r '^--[a-z-]+=' ''
end

function __hale_targets
    set -l word (__hale_word)
    if string match -q -r '^(?<scheme>unix|file):(?<path>.*)' -- $word
        printf '%s\n' $scheme:(__fish_complete_path $path)
    else
        printf '%s\n' http:// grpc:// tcp:// unix:/ exec: file:/ notify:
    end
end

# Names with SIG are completed if the word begins like that.
function __hale_signals -a option
    set -l names \
        HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE \
        ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ \
        VTALRM PROF WINCH IO PWR SYS RTMIN RTMAX
    test "$option" = -p
    or set names none \
        HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM \
        TERM STKFLT CONT TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF \
        WINCH IO PWR SYS RTMIN RTMAX
    if string match -q 'SIG*' -- (__hale_word)
        printf '%s\n' SIG$names
    else
        printf '%s\n' $names
    end
end

function __hale_rewrites
    if string match -q -r '^(?<from>[^:]*):' -- (__hale_word)
        printf '%s\n' $from:(__hale_signals -p) $from:none
    else
        printf '%s\n' (__hale_signals --rewrite | string match -v none):
    end
end

complete -c hale -f
complete -c hale -n __hale_in_options -l forward -x -a 'child group all' -d 'signals go to: child (the default), group or all'
complete -c hale -n __hale_in_options -s r -l rewrite -x -a '(__hale_rewrites)' -d 'forward signal TO when FROM arrives; none drops it'
complete -c hale -n __hale_in_options -l wait-for -x -a '(__hale_targets)' -d 'start PROGRAM only when TARGET answers; up to 8'
complete -c hale -n __hale_in_options -l wait-timeout -x -d 'give up waiting after this (default: 60s; 0: never)'
complete -c hale -n __hale_in_options -s e -l remap-exit -x -d 'exit with 0 when PROGRAM exits with CODE'
complete -c hale -n __hale_in_options -l exit-report -r -F -d 'on exit write a line of JSON to PATH that says why'
complete -c hale -n __hale_in_options -l log-level -x -a 'error warn info debug' -d 'error, warn (the default), info or debug'
complete -c hale -n __hale_in_options -l log-format -x -a 'text json' -d 'json: one object a line (default: text)'
complete -c hale -n __hale_in_options -s v -l verbose -d 'one log level more, each time it is given'
complete -c hale -n __hale_in_options -l stop-signal -x -a '(__hale_signals --stop-signal)' -d 'SIGNAL begins a stop too; none: not even TERM, INT'
complete -c hale -n __hale_in_options -l drain -x -d 'wait this long before forwarding the stop signal'
complete -c hale -n __hale_in_options -l grace -x -d 'time from forwarding it to SIGKILL, for everybody'
complete -c hale -n __hale_in_options -l health -x -a '(__hale_targets)' -d 'check TARGET while PROGRAM runs; up to 8'
complete -c hale -n __hale_in_options -l ready -x -a '(__hale_targets)' -d 'like --health, but a failure means only not ready'
complete -c hale -n __hale_in_options -l health-interval -x -d 'time from one check to the next (default: 10s)'
complete -c hale -n __hale_in_options -l health-timeout -x -d 'time that one check may take (default: 3s)'
complete -c hale -n __hale_in_options -l health-retries -x -d 'unhealthy after N failures in a row (default: 3)'
complete -c hale -n __hale_in_options -l health-successes -x -d 'healthy after N successes in a row (default: 1)'
complete -c hale -n __hale_in_options -l health-start-period -x -d 'failures do not count for this long (default: 30s)'
complete -c hale -n __hale_in_options -l health-start-interval -x -d 'interval during the start period (default: 1s)'
complete -c hale -n __hale_in_options -l health-status -x -d 'HTTP statuses that are healthy (default: 200-399)'
complete -c hale -n __hale_in_options -l health-header -x -d 'add this to each HTTP and gRPC request; up to 8'
complete -c hale -n __hale_in_options -l on-unhealthy -x -a 'report stop signal:' -d 'report (default), stop (exit code 124), signal:NAME'
complete -c hale -n __hale_in_options -l health-listen -x -d 'answer /livez, /readyz, /startupz, /metrics there'
complete -c hale -n __hale_in_options -l check -d 'exit with 0 if this container or TARGET is healthy'
complete -c hale -n __hale_in_options -l live -d 'with --check: exit with 0 unless it is unhealthy'
complete -c hale -n __hale_in_options -l started -d 'with --check: 0 if started and not unhealthy'
complete -c hale -n __hale_in_options -l wait -x -d 'with --check: keep trying for this long'
complete -c hale -n __hale_in_options -l status -f -a 'json' -d 'print all that is known about this container'
complete -c hale -n __hale_in_options -l sleep -x -d 'sleep, in images that have no sleep(1)'
complete -c hale -n __hale_in_options -l install -r -F -d 'copy hale to PATH, for another container to use'
complete -c hale -n __hale_in_options -s h -l help -d 'print this text'
complete -c hale -n __hale_in_options -s V -l version -d 'print the version'
complete -c hale -n __hale_in_options -s l -l license -d 'print the license (also -L)'
complete -c hale -n __hale_in_options -s g -d 'the same as --forward group (tini)'
complete -c hale -n __hale_in_options -s p -x -a '(__hale_signals -p)' -d 'send hale SIGNAL when its own parent dies (tini)'
complete -c hale -n __hale_in_options -s s -d 'accepted; hale adopts orphans anyway (tini)'
complete -c hale -n __hale_in_options -s w -d 'warn about each orphan that is reaped (tini)'
complete -c hale -n __hale_in_options -s c -l single-child -d 'no new session, signals to PROGRAM (dumb-init)'
complete -c hale -n __hale_in_options -s P -d 'run no PROGRAM, reap until TERM or INT (catatonit)'
complete -c hale -n '__fish_prev_arg_in --status' -f -a json
complete -c hale -n __hale_checks -x -a '(__hale_targets)'
complete -c hale -n __hale_program -x -a '(__hale_complete_program)'
