# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Completion of hale(8) for bash, with the package bash-completion.
# Made by docs/completions/generate; change its templates, not this file.
#
# shellcheck disable=SC2207 # the words have no blanks
# shellcheck disable=SC2154 # _init_completion sets some variables

_hale_options=(
	--forward -r --rewrite --wait-for --wait-timeout -e
	--remap-exit --exit-report --log-level --log-format -v
	--verbose --stop-signal --drain --grace --health --ready
	--health-interval --health-timeout --health-retries
	--health-successes --health-start-period
	--health-start-interval --health-status --health-header
	--on-unhealthy --health-listen --check --live --started
	--wait --status --sleep --install -h --help -V --version -l
	--license -g -p -s -w -c --single-child -P
)
_hale_targets=(
	http:// grpc:// tcp:// unix:/ exec: file:/ notify:
)
_hale_signals=( # for -p, and what --rewrite sends
	HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE
	ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ
	VTALRM PROF WINCH IO PWR SYS RTMIN RTMAX
)
_hale_caught=( # for --stop-signal, and what --rewrite receives
	HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM
	TERM STKFLT CONT TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF
	WINCH IO PWR SYS RTMIN RTMAX
)

# Offer the words that begin with the current one.  bash replaces only what
# follows the last colon of it.
_hale_words() { # WORD...
	COMPREPLY=($(compgen -W "$*" -- "$cur"))
	__ltrim_colon_completions "$cur"
	case ${COMPREPLY[*]} in
	*[:/]) compopt -o nospace ;; # it goes on
	esac
}

_hale_target() {
	local scheme=${cur%%:*}: whole=$cur

	case $cur in
	unix:* | file:*)
		cur=${cur#*:}
		_filedir
		COMPREPLY=("${COMPREPLY[@]/#/$scheme}")
		__ltrim_colon_completions "$whole"
		;;
	*) _hale_words "${_hale_targets[@]}" ;;
	esac
}

# Names with SIG are completed if the word begins like that.
_hale_signal() { # OPTION
	local names=("${_hale_signals[@]}")

	[ "$1" = -p ] || names=("${_hale_caught[@]}" none)
	case $cur in
	SIG*) names=("${names[@]/#/SIG}") ;;
	esac
	_hale_words "${names[@]}"
}

_hale_rewrite() {
	case $cur in
	*:*)
		local names=("${_hale_signals[@]}" none)
		_hale_words "${names[@]/#/${cur%%:*}:}"
		;;
	*) _hale_words "${_hale_caught[@]/%/:}" ;;
	esac
}

# Complete the value of an option.
_hale_value() { # OPTION
	case $1 in
	--forward) _hale_words child group all ;;
	-r | --rewrite) _hale_rewrite ;;
	--wait-for | --health | --ready) _hale_target ;;
	--exit-report | --install) _filedir ;;
	--log-level) _hale_words error warn info debug ;;
	--log-format) _hale_words text json ;;
	--stop-signal) _hale_signal --stop-signal ;;
	--on-unhealthy) _hale_words report stop signal: ;;
	--status) _hale_words json ;;
	-p) _hale_signal -p ;;
	esac
}

# Complete PROGRAM and its arguments, which begin at this one of the words.
# _command_offset counts in COMP_WORDS, where each colon is a word of its own.
_hale_program() { # INDEX
	local i part first=0

	for ((i = 0; i < $1; i++)); do
		part=
		while [ "$part" != "${words[i]}" ]; do
			((first <= COMP_CWORD)) || return # a redirection
			part+=${COMP_WORDS[first++]}
		done
	done
	_command_offset "$first"
}

_hale() {
	local cur prev words cword split
	local i option='' check='' ending='' letters

	_init_completion -s -n : || return
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--check) check=1 ;;
		--status | --sleep | --install | -h | --help | -V | \
		--version | -l | --license) ending=1 ;;&
		--forward | -r | --rewrite | --wait-for | --wait-timeout | \
		-e | --remap-exit | --exit-report | --log-level | \
		--log-format | --stop-signal | --drain | --grace | --health | \
		--ready | --health-interval | --health-timeout | \
		--health-retries | --health-successes | \
		--health-start-period | --health-start-interval | \
		--health-status | --health-header | --on-unhealthy | \
		--health-listen | --wait | --sleep | --install | -p)
			option=${words[i++]}
			;;
		--)
			((i++))
			break
			;;
		--*) ;;
		-*)
			# The last of several letters may take a value.
			letters=${words[i]#-}
			case ${letters#*[rep]} in
			"$letters") ;;
			'') option=-${letters: -1} && ((i++)) ;;
			esac
			;;
		*) [ -n "$check" ] || break ;;
		esac
	done

	if ((i > cword)); then
		_hale_value "$option"
	elif ((i < cword)) && [ -z "$check$ending" ]; then
		_hale_program "$i"
	elif [ "$split" = true ]; then
		_hale_value "$prev" # --name=value
	elif [[ $cur == -* ]]; then
		_hale_words "${_hale_options[@]}"
	elif [ -n "$check" ]; then
		_hale_target
	elif [ -n "$ending" ]; then
		_hale_value "$prev" # --status json
	else
		_hale_program "$cword"
	fi
} && complete -F _hale hale
