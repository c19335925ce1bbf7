/* SPDX-License-Identifier: MIT */
#include "probe/hosts.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>

enum { ROOM = 3 };

static struct address out[ROOM];

/* How many addresses the text has for the name, which go into out. */
static int
look(const char *text, const char *name)
{
	struct hosts_search h;

	memset(out, 0, sizeof(out));
	hosts_begin(&h, name, out, ROOM);
	hosts_read(&h, text, strlen(text));
	return hosts_end(&h);
}

static const struct {
	const char *text;
	int count;
	unsigned char last[ROOM]; /* bytes of the addresses */
} files[] = {
    {"10.0.0.1 db", 1, {1}},
    {"10.0.0.1 db\n", 1, {1}},
    {"10.0.0.1\tdb\n", 1, {1}},
    {" \t 10.0.0.1 \t db \t \n", 1, {1}},
    {"10.0.0.1 db\r\n", 1, {1}},
    {"10.0.0.1 a b db c\n", 1, {1}},
    {"10.0.0.1 DB\n", 1, {1}},
    {"10.0.0.1 a # b\n10.0.0.2 db\n", 1, {2}},
    {"10.0.0.1 db#x\n", 1, {1}},
    {"\n\n#\n10.0.0.1 db", 1, {1}},
    {"10.0.0.1 db\n10.0.0.2 db\n", 2, {1, 2}},
    {"10.0.0.1 db\n10.0.0.1 db\n", 1, {1}},
    {"10.0.0.1 db db\n10.0.0.2 db\n", 2, {1, 2}},
    {"10.0.0.1 db\n10.0.0.1 db\n10.0.0.2 db\n", 2, {1, 2}},
    {"10.0.0.1 db\n10.0.0.2 x\n10.0.0.3 db\n", 2, {1, 3}},
    {"10.0.0.1 db\n10.0.0.2 db\n10.0.0.3 db\n", 3, {1, 2, 3}},
    {"10.0.0.1 db\n10.0.0.2 db\n10.0.0.3 db\n10.0.0.4 db", 3, {1, 2, 3}},
    {"10.0.0.1 db\n10.0.0.2 db\n10.0.0.1 db\n", 2, {1, 2}},
    {"10.0.0.1 x\n10.0.0.2 db\n", 1, {2}},
    {"10.0.0.1 d b d.b dbb ddb\n", 0, {0}},
    {"#10.0.0.1 db\n", 0, {0}},
    {"# 10.0.0.1 db\n", 0, {0}},
    {"10.0.0.1 #db\n", 0, {0}},
    {"10.0.0.1 # db\n", 0, {0}},
    {"10.0.0.1#db db\n", 0, {0}},
    {"10.0.0.1 a#b db\n", 0, {0}},
    {"10.0.0.1\ndb\n", 0, {0}},
    {"10.0.0.1\n db\n", 0, {0}},
    {"db\n", 0, {0}},
    {"db db\n", 0, {0}},
    {"x 10.0.0.1 db\n", 0, {0}},
    {"10.0.0.256 db\n", 0, {0}},
    {"10.0.0.1 db\xff\n", 0, {0}},
    {"fe80::1%lo db\n", 0, {0}},
    {"", 0, {0}},
};

Test(hosts, are_read_in_every_form)
{
	size_t i;
	int k;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int count = look(files[i].text, "db");

		cr_expect_eq(count, files[i].count, "%s", files[i].text);
		for (k = 0; k < count; k++) {
			cr_expect_eq(out[k].family, AF_INET);
			cr_expect_eq(out[k].bytes[0], 10);
			cr_expect_eq(out[k].bytes[3], files[i].last[k], "%s",
			             files[i].text);
		}
	}
}

Test(hosts, have_addresses_of_both_families)
{
	cr_expect_eq(look("::5 db\n10.0.0.1 Db.\n10.0.0.2 db", "dB"), 2);
	cr_expect_eq(out[0].family, AF_INET6);
	cr_expect_eq(out[0].bytes[15], 5);
	cr_expect_eq(out[1].family, AF_INET);
	cr_expect_eq(out[1].bytes[3], 2);
}

Test(hosts, have_no_name_without_a_byte)
{
	cr_expect_eq(look("10.0.0.1  \n\n10.0.0.1\t\n", ""), 0);
}

/* Names of fewer than 256 bytes are told apart; what is longer is nobody's. */
Test(hosts, names_that_are_too_long_are_nobodys)
{
	static char text[2000], name[1000];
	size_t n;

	for (n = 250; n < 700; n++) {
		memset(name, 'a', n);
		name[n] = '\0';
		strcpy(text, "10.0.0.1 ");
		strcat(text, name);
		strcat(text, " \n10.0.0.2 db");
		if (n != 256)
			cr_expect_eq(look(text, name), n < 256 ? 1 : 0, "%zu",
			             n);
		cr_expect_eq(look(text, "db"), 1);
		cr_expect_eq(out[0].bytes[3], 2);
		name[255] = '\0';
		if (n > 255)
			cr_expect_eq(look(text, name), 0, "%zu", n);
	}
}

Test(hosts, may_come_in_pieces_of_any_size)
{
	static const char text[] = "# hosts\n10.0.0.1 a db # x\n::2 DB\n";
	struct hosts_search h;
	size_t n;

	for (n = 0; n < sizeof(text); n++) {
		hosts_begin(&h, "db", out, ROOM);
		hosts_read(&h, text, n);
		hosts_read(&h, text + n, sizeof(text) - 1 - n);
		cr_expect_eq(hosts_end(&h), 2, "%zu", n);
		cr_expect_eq(out[0].bytes[3], 1);
		cr_expect_eq(out[1].bytes[15], 2);
	}
}

Test(hosts, of_this_machine_are_read_from_their_file)
{
	cr_expect_geq(hosts_find("LocalHost", out, ROOM), 1);
	cr_expect_eq(hosts_find("no-such.invalid", out, ROOM), 0);
}
