/* SPDX-License-Identifier: MIT */
#include "probe/dns.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A message that is built up, and its parts. */
static unsigned char message[2000];
static size_t length;

static struct dns_answer answer;

static struct dns_query query;

static void
add(const void *bytes, size_t n)
{
	memcpy(message + length, bytes, n);
	length += n;
}

#define ADD(bytes) add(bytes, sizeof(bytes) - 1)

#define NAME     "\2db\7example\0"
#define POINTER  "\300\14" /* to the name of the question */
#define IN_A     "\0\1\0\1"
#define IN_AAAA  "\0\34\0\1"
#define IN_CNAME "\0\5\0\1"
#define TTL      "\0\0\0\74"

/* Begin the answer to such a query with these flags and so many records.
 */
static void
begin(unsigned flags, unsigned char records, const char type[4])
{
	unsigned char header[12] = {0x12, 0x34};

	header[2] = (unsigned char)(flags >> 8);
	header[3] = (unsigned char)flags;
	header[5] = 1;
	header[7] = records;
	length = 0;
	add(header, sizeof(header));
	ADD(NAME);
	add(type, 4);
}

/* Read from memory that ends where the message does. */
static bool
read_bytes(size_t n, enum dns_type type)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);
	bool good;

	memcpy(copy, message, n);
	memset(&answer, 0x5a, sizeof(answer));
	cr_assert(dns_build_query(&query, 0x1234, type, "db.example"));
	good = dns_read_answer(copy, n, &query, &answer);
	free(copy);
	return good;
}

static bool
read_message(enum dns_type type)
{
	return read_bytes(length, type);
}

Test(dns, queries_are_written_as_rfc_1035_has_them)
{
	static const char wanted[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0" NAME IN_A;

	cr_assert(dns_build_query(&query, 0x1234, DNS_A, "db.example"));
	cr_assert_eq(query.length, sizeof(wanted) - 1);
	cr_expect_arr_eq(query.bytes, wanted, sizeof(wanted) - 1);
	cr_assert(dns_build_query(&query, 0x1234, DNS_A, "db.example."));
	cr_assert_eq(query.length, sizeof(wanted) - 1);
	cr_expect_arr_eq(query.bytes, wanted, sizeof(wanted) - 1);
	cr_assert(dns_build_query(&query, 0x1234, DNS_AAAA, "db.example."));
	cr_assert_eq(query.length, sizeof(wanted) - 1);
	cr_expect_eq(query.bytes[sizeof(wanted) - 4], 28);
}

/* A name of n bytes, with a dot after each label. */
static const char *
long_name(size_t n, size_t label)
{
	static char name[400];
	size_t i;

	for (i = 0; i < n; i++)
		name[i] = i % (label + 1) == label ? '.' : 'a';
	name[n] = '\0';
	return name;
}

Test(dns, queries_have_names_of_253_and_labels_of_63_bytes_at_the_most)
{
	cr_expect(dns_build_query(&query, 1, DNS_A, long_name(253, 50)));
	cr_expect_eq(query.length, DNS_QUERY_MAX);
	cr_expect_not(dns_build_query(&query, 1, DNS_A, long_name(254, 60)));
	cr_expect(dns_build_query(&query, 1, DNS_A, long_name(63, 63)));
	cr_expect_eq(query.length, 12 + 65 + 4);
	cr_expect_not(dns_build_query(&query, 1, DNS_A, long_name(64, 64)));
}

Test(dns, names_that_cannot_be_asked_are_refused)
{
	static const char *const names[] = {"", ".", "..", ".a", "a..", "a..b"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect_not(dns_build_query(&query, 1, DNS_A, names[i]), "%s",
		              names[i]);
}

Test(dns, an_answer_has_addresses_of_ipv4)
{
	begin(0x8180, 2, IN_A);
	ADD(POINTER IN_A TTL "\0\4\12\0\0\1");
	ADD(POINTER IN_A TTL "\0\4\12\0\0\2");
	cr_assert(read_message(DNS_A));
	cr_expect_eq(answer.result, DNS_ADDRESSES);
	cr_expect_eq(answer.count, 2);
	cr_expect_eq(answer.addresses[0].family, AF_INET);
	cr_expect_arr_eq(answer.addresses[0].bytes, "\12\0\0\1", 4);
	cr_expect_arr_eq(answer.addresses[1].bytes, "\12\0\0\2", 4);
}

Test(dns, an_answer_has_addresses_of_ipv6)
{
	begin(0x8180, 1, IN_AAAA);
	ADD(NAME IN_AAAA TTL "\0\20\376\200\0\0\0\0\0\0\0\0\0\0\0\0\0\5");
	cr_assert(read_message(DNS_AAAA));
	cr_expect_eq(answer.result, DNS_ADDRESSES);
	cr_expect_eq(answer.count, 1);
	cr_expect_eq(answer.addresses[0].family, AF_INET6);
	cr_expect_eq(answer.addresses[0].bytes[0], 0xfe);
	cr_expect_eq(answer.addresses[0].bytes[15], 5);
}

Test(dns, aliases_lead_to_addresses_of_another_name)
{
	begin(0x8180, 3, IN_A);
	ADD(POINTER IN_CNAME TTL "\0\7\4real\300\17");
	ADD("\300\50" IN_CNAME TTL "\0\4\1b\300\17");
	ADD("\1b\7example\0" IN_A TTL "\0\4\12\0\0\7");
	cr_assert(read_message(DNS_A));
	cr_expect_eq(answer.count, 1);
	cr_expect_eq(answer.addresses[0].bytes[3], 7);
}

Test(dns, records_of_other_types_and_classes_are_passed_over)
{
	begin(0x8180, 3, IN_A);
	ADD(POINTER IN_AAAA TTL "\0\20aaaabbbbccccdddd");
	ADD(POINTER "\0\1\0\3" TTL "\0\4\12\0\0\1");
	ADD(POINTER "\0\56\0\1" TTL "\0\0");
	cr_assert(read_message(DNS_A));
	cr_expect_eq(answer.result, DNS_NO_DATA);
	cr_expect_eq(answer.count, 0);
}

Test(dns, an_address_counts_once_and_eight_are_taken)
{
	unsigned char i;

	begin(0x8180, 20, IN_A);
	for (i = 0; i < 20; i++) {
		unsigned char last = i / 2;

		ADD(POINTER IN_A TTL "\0\4\12\0\0");
		add(&last, 1);
	}
	cr_assert(read_message(DNS_A));
	cr_expect_eq(answer.count, DNS_ADDRESSES_MAX);
	cr_expect_eq(answer.addresses[7].bytes[3], 7);
}

Test(dns, the_code_says_why_there_is_no_address)
{
	int code;

	for (code = 0; code < 16; code++) {
		begin(0x8180U + (unsigned)code, 0, IN_A);
		cr_assert(read_message(DNS_A));
		cr_expect_eq(answer.count, 0);
		cr_expect_eq(answer.result, code == 0   ? DNS_NO_DATA
		                            : code == 3 ? DNS_NO_NAME
		                                        : DNS_SERVER_FAILED);
		cr_expect_eq(answer.code, code);
	}
}

Test(dns, of_a_truncated_answer_what_has_arrived_is_used)
{
	begin(0x8380, 3, IN_A);
	ADD(POINTER IN_A TTL "\0\4\12\0\0\1");
	ADD(POINTER IN_A TTL "\0\4\12");
	cr_assert(read_message(DNS_A));
	cr_expect_eq(answer.result, DNS_ADDRESSES);
	cr_expect_eq(answer.count, 1);
	begin(0x8380, 0, IN_A);
	cr_assert(read_message(DNS_A));
	cr_expect_eq(answer.result, DNS_TRUNCATED);
}

Test(dns, the_name_of_the_question_may_come_back_in_any_case)
{
	begin(0x8180, 1, IN_A);
	memcpy(message + 12, "\2Db\7eXAMPLE", 11);
	ADD(POINTER IN_A TTL "\0\4\12\0\0\1");
	cr_expect(read_message(DNS_A));
}

/* Each byte of the header and the question that is changed makes another
 * message of it, but for flags that do not matter here. */
Test(dns, only_an_answer_to_the_question_counts)
{
	size_t i, question_end = 12 + sizeof(NAME) - 1 + 4;

	for (i = 0; i < question_end; i++) {
		unsigned bit;

		for (bit = 1; bit < 0x100; bit <<= 1) {
			bool flags =
			    (i == 2 && (bit & 0x87) == bit && bit != 0x80) ||
			    i == 3;
			bool counts = i >= 6 && i < 12;
			bool letter = i >= 12 && i < question_end - 5 &&
			              bit == 0x20 && i != 12 && i != 15;

			if (flags || counts || letter)
				continue;
			begin(0x8180, 1, IN_A);
			ADD(POINTER IN_A TTL "\0\4\12\0\0\1");
			message[i] ^= (unsigned char)bit;
			cr_expect_not(read_message(DNS_A), "%zu %u", i, bit);
		}
	}
	begin(0x8180, 1, IN_A);
	ADD(POINTER IN_A TTL "\0\4\12\0\0\1");
	cr_expect(read_message(DNS_A));
	cr_expect_not(read_message(DNS_AAAA));
}

Test(dns, a_message_that_is_cut_anywhere_is_ignored)
{
	size_t n, i;

	begin(0x8180, 2, IN_A);
	ADD("\1x" POINTER IN_CNAME TTL "\0\2" POINTER);
	ADD(POINTER IN_A TTL "\0\4\12\0\0\1");
	for (n = 0; n < length; n++)
		cr_expect_not(read_bytes(n, DNS_A), "%zu", n);
	cr_expect(read_bytes(length, DNS_A));
	/* Whatever one byte says, nothing is read beyond the end. */
	for (i = 0; i < length; i++)
		for (n = 0; n < 256; n++) {
			unsigned char before = message[i];

			message[i] = (unsigned char)n;
			(void)read_message(DNS_A);
			message[i] = before;
		}
}

/* The name of a record, which follows the question at byte 28. */
Test(dns, a_malformed_name_makes_the_message_malformed)
{
	static const struct {
		const char *name;
		size_t length;
		bool good;
	} names[] = {
	    {"\300\14", 2, true},    {"\300\33", 2, true},
	    {"\300\34", 2, true}, /* itself: it is not followed */
	    {"\377\377", 2, true},   {"\300", 1, false},
	    {"\1a\300\14", 4, true}, {"\0", 1, true},
	    {"\100", 1, false},      {"\200\14", 2, false},
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		begin(0x8180, 1, IN_A);
		add(names[i].name, names[i].length);
		ADD(IN_A TTL "\0\4\12\0\0\1");
		cr_expect_eq(read_message(DNS_A), names[i].good, "%zu", i);
	}
}

Test(dns, an_address_of_the_wrong_size_makes_the_message_malformed)
{
	begin(0x8180, 1, IN_A);
	ADD(POINTER IN_A TTL "\0\5\12\0\0\1\0");
	cr_expect_not(read_message(DNS_A));
	begin(0x8180, 1, IN_A);
	ADD(POINTER IN_A TTL "\0\3\12\0\0");
	cr_expect_not(read_message(DNS_A));
	begin(0x8180, 1, IN_A);
	ADD(POINTER IN_A TTL "\377\377\12\0\0");
	cr_expect_not(read_message(DNS_A));
}
