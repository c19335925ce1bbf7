# SPDX-License-Identifier: MIT
#
# awk -f includes.awk includes FILE...: holds each FILE's #include lines
# against the list.  A line per finding, and status 1 if there was one.

function complain(where, what) {
	print where ": " what
	found = 1
}

# The module that a file belongs to.
function module_of(file) {
	sub(/\.[ch]$/, "", file)
	return file
}

function project_header(where, module, name) {
	if (name == module)
		return
	used[module, name] = 1
	if (!((module, name) in allowed))
		complain(where, module " may not include " name ".h")
	if (module in apart && name in apart)
		complain(where, module " and " name " must stay apart")
}

# The list comes first.
FNR == NR {
	sub(/#.*/, "")
	if (NF == 0)
		next
	subject = $1
	sub(/:$/, "", subject)
	if (subject == "apart")
		for (i = 2; i <= NF; i++)
			apart[$i] = 1
	else if (subject == "system")
		for (i = 2; i <= NF; i++)
			system_header[$i] = 1
	else {
		known[subject] = 1
		for (i = 2; i <= NF; i++)
			allowed[subject, $i] = FILENAME ":" FNR
	}
	next
}

FNR == 1 {
	module = module_of(FILENAME)
	present[module] = 1
	if (FILENAME ~ /h$/)
		has_header[module] = 1
	if (!(module in known))
		complain(FILENAME, "no word about " module " in the list")
}

/^[ \t]*#[ \t]*include/ {
	name = $0
	gsub(/^[^<"]*[<"]|[>"].*$/, "", name)
	if (FILENAME ~ /c$/ && !(module in first))
		first[module] = module_of(name)
	if ($0 ~ /"/)
		project_header(FILENAME ":" FNR, module, module_of(name))
	else if (!(name in system_header))
		complain(FILENAME ":" FNR, "<" name "> is not in the list")
}

END {
	for (key in allowed) {
		split(key, pair, SUBSEP)
		if (!(key in used))
			complain(allowed[key], pair[1] " does not include " \
			    pair[2] ".h (any more)")
	}
	for (name in known)
		if (!(name in present))
			complain("list", "there is no module " name)
	for (module in first)
		if (module in has_header && first[module] != module)
			complain(module ".c", "its own header comes first, to " \
			    "show that it stands alone")
	exit found
}
