# SPDX-License-Identifier: MIT
#
# awk -f includes.awk includes FILE...: holds each FILE's #include lines
# against the rules.  A line per finding, and status 1 if there was one.

function complain(where, what) {
	print where ": " what
	found = 1
}

# lib/text.c -> lib, init.c -> root
function folder_of(file) {
	if (file !~ /\//)
		return "root"
	sub(/\/[^\/]*$/, "", file)
	return file
}

# lib/text.c -> lib/text
function module_of(file) {
	sub(/\.[ch]$/, "", file)
	return file
}

function is_allowed(module, header,    subject) {
	if (module_of(header) == module)
		return 1
	if (module in has_rule)
		subject = module
	else
		subject = folder_of(module)
	if (!(subject in has_rule))
		complain(module, "no rule for " subject)
	if (subject != module && folder_of(header) == folder_of(module))
		return 1
	return (subject, folder_of(header)) in allowed || \
	    (subject, header) in allowed
}

# The rules come first.
FNR == NR {
	sub(/#.*/, "")
	if (NF == 0)
		next
	subject = $1
	sub(/(\.c)?:$/, "", subject)
	for (i = 2; i <= NF; i++)
		if (subject == "apart")
			apart[$i] = 1
		else
			allowed[subject, $i] = 1
	if (subject != "apart")
		has_rule[subject] = 1
	next
}

FNR == 1 {
	module = module_of(FILENAME)
	if (FILENAME ~ /h$/)
		has_header[module] = 1
}

/^[ \t]*#[ \t]*include/ {
	header = $0
	gsub(/^[^<"]*[<"]|[>"].*$/, "", header)
	if (FILENAME ~ /c$/ && !(module in first))
		first[module] = header
	if ($0 !~ /"/)
		next
	if (!is_allowed(module, header))
		complain(FILENAME ":" FNR, module " may not include " header)
	if (module in apart && module_of(header) != module && \
	    module_of(header) in apart)
		complain(FILENAME ":" FNR, module " and " header \
		    " must stay apart")
}

END {
	for (module in first)
		if (module in has_header && first[module] != module ".h")
			complain(module ".c", "its own header comes first, to " \
			    "show that it stands alone")
	exit found
}
