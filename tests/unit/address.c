/* SPDX-License-Identifier: MIT */
#include "probe/address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What libc says: the family, or 0; bytes gets the address. */
static int
by_libc(const char *s, unsigned char bytes[16])
{
	memset(bytes, 0, 16);
	if (inet_pton(AF_INET, s, bytes) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, s, bytes) == 1 ? AF_INET6 : 0;
}

/* Parsed from memory that ends where the text does, as libc parses it. */
static int
parse(const char *s)
{
	struct address a;
	unsigned char bytes[16];
	size_t n = strlen(s), i;
	int family = by_libc(s, bytes);
	char *copy = malloc(n > 0 ? n : 1);
	bool good;

	memset(&a, 0x5a, sizeof(a));
	for (i = 0; i < n; i++)
		copy[i] = s[i];
	good = address_parse(&a, copy, n);
	free(copy);
	cr_expect_eq(good, family != 0, "%s", s);
	if (good && family != 0) {
		cr_expect_eq(a.family, family, "%s", s);
		cr_expect_arr_eq(a.bytes, bytes, 16, "%s", s);
	}
	return good ? a.family : 0;
}

static const char *const four[] = {
    "0.0.0.0",     "127.0.0.1",      "255.255.255.255", "1.2.3.4",
    "10.20.30.40", "99.100.199.200", "249.250.9.0",
};

static const char *const six[] = {
    "::",
    "::1",
    "1::",
    "1::8",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "1:2:3::5:6:7:8",
    "fe80::1",
    "FE80::aBcD",
    "0000:0000::0001",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "::ffff:127.0.0.1",
    "::1.2.3.4",
    "1:2:3:4:5:6:7.8.9.10",
    "1:2:3:4:5::7.8.9.10",
    "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
};

static const char *const bad[] = {
    "",
    "1",
    ".",
    ":",
    "a",
    "1.",
    "1:",
    ":1",
    "0:",
    "1.2.3",
    "1.2.3.",
    "1.2.3.4.",
    ".1.2.3.4",
    "1..2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "1.2.3.256",
    "1.2.3.1000",
    "01.2.3.4",
    "1.2.3.04",
    "1.2.3.00",
    "0x1.2.3.4",
    "1.2.3.a",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.-4",
    "4294967297.2.3.4",
    "\x11.2.3.4",
    "\x91.2.3.4",
    ":::",
    ":1::",
    "1:::2",
    "::1:",
    "1::2::3",
    "::1::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "1:2:3:4:5:6:7:8:",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "00001::",
    "g::",
    "::g",
    "::@",
    "::`",
    "fe80::1%lo",
    "[::1]",
    "::1/64",
    "1.2.3.4::",
    "1.2.3.4:5",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.4:5",
    "::01.2.3.4",
    "::1.2.3.256",
    "1:2.3.4.5",
    "1:2:3:4:5:6:7:8.9.10.11",
    "1:2:3:4:5:6::7.8.9.10",
    "1:2:3:4:5:6:7::1.2.3.4",
};

Test(address, is_read_in_every_form_of_ipv4)
{
	size_t i;

	for (i = 0; i < sizeof(four) / sizeof(four[0]); i++)
		cr_expect_eq(parse(four[i]), AF_INET, "%s", four[i]);
}

Test(address, is_read_in_every_form_of_ipv6)
{
	size_t i;

	for (i = 0; i < sizeof(six) / sizeof(six[0]); i++)
		cr_expect_eq(parse(six[i]), AF_INET6, "%s", six[i]);
}

Test(address, is_refused_in_any_other_form)
{
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(parse(bad[i]), 0, "%s", bad[i]);
}

Test(address, ends_where_its_bytes_end)
{
	struct address a;

	cr_expect(address_parse(&a, "1.2.3.45", 7));
	cr_expect_eq(a.bytes[3], 4);
	cr_expect(address_parse(&a, "::12", 3));
	cr_expect_eq(a.bytes[15], 1);
}

/* Whatever the pieces, libc and hale agree. */
Test(address, is_what_inet_pton_takes)
{
	static const char *const pieces[] = {
	    ":", ":", ":",   ":",   "::",  ".",  ".",    "0",     "1",
	    "9", "a", "255", "256", "010", "ff", "FfFf", "12345", "1.2.3.4"};
	enum { PIECES = sizeof(pieces) / sizeof(pieces[0]) };
	unsigned seed = 1;
	int i, k;

	for (i = 0; i < 100000; i++) {
		char s[16 * 8] = "";

		for (k = rand_r(&seed) % 16; k > 0; k--)
			strcat(s, pieces[rand_r(&seed) % PIECES]);
		parse(s);
	}
}

Test(address, is_equal_to_another_of_the_same_family_and_bytes)
{
	struct address a, b;

	cr_assert(address_parse(&a, "1.2.3.4", 7));
	b = a;
	cr_expect(address_equal(&a, &b));
	b.bytes[3] = 5;
	cr_expect_not(address_equal(&a, &b));
	cr_assert(address_parse(&a, "::1", 3));
	b = a;
	cr_expect(address_equal(&a, &b));
	b.bytes[0] = 1;
	cr_expect_not(address_equal(&a, &b));
	b = a;
	b.family = AF_INET;
	cr_expect_not(address_equal(&a, &b));
}

Test(address, is_added_to_a_list_once)
{
	struct address list[2], a, b;
	int count = 0;

	cr_assert(address_parse(&a, "1.2.3.4", 7));
	cr_assert(address_parse(&b, "::1", 3));
	address_add(list, &count, 2, &a);
	address_add(list, &count, 2, &a);
	cr_expect_eq(count, 1);
	address_add(list, &count, 1, &b);
	cr_expect_eq(count, 1, "the list is full");
	address_add(list, &count, 2, &b);
	cr_expect_eq(count, 2);
	cr_expect(address_equal(&list[0], &a) && address_equal(&list[1], &b));
}

Test(address, becomes_a_name_that_the_kernel_takes)
{
	union address_name name;
	struct address a;

	cr_assert(address_parse(&a, "1.2.3.4", 7));
	cr_expect_eq(address_name(&a, 258, &name), sizeof(name.in));
	cr_expect_eq(name.any.sa_family, AF_INET);
	cr_expect_eq(ntohs(name.in.sin_port), 258);
	cr_expect_eq(ntohl(name.in.sin_addr.s_addr), 0x01020304);
	cr_assert(address_parse(&a, "fe80::1", 7));
	cr_expect_eq(address_name(&a, 80, &name), sizeof(name.in6));
	cr_expect_eq(name.any.sa_family, AF_INET6);
	cr_expect_eq(ntohs(name.in6.sin6_port), 80);
	cr_expect_eq(name.in6.sin6_scope_id, 0);
	cr_expect_arr_eq(&name.in6.sin6_addr, a.bytes, 16);
}

Test(address, of_a_unix_socket_is_its_path)
{
	union address_name name;
	char path[200];

	memset(path, 'a', sizeof(path));
	path[107] = '\0';
	cr_expect_eq(address_unix(path, &name), sizeof(name.un));
	cr_expect_eq(name.any.sa_family, AF_UNIX);
	cr_expect_str_eq(name.un.sun_path, path);
	address_unix("/s", &name);
	cr_expect_str_eq(name.un.sun_path, "/s");
}
