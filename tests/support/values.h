/* SPDX-License-Identifier: MIT */
/*
 * values: a comparison that fails says what it has compared.
 *
 * Criterion's own macros show the expression, but no numbers, and nothing but
 * the message where a test has one.  The Makefile includes this file into all
 * tests.
 */
#ifndef VALUES_H
#define VALUES_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

/* What was expected and seen, and what the test says of it: a format that
 * begins with a newline, and its arguments.  It is valid until the next call.
 */
__attribute__((format(printf, 4, 5))) const char *values_numbers(
    const char *expected, intmax_t a, intmax_t b, const char *format, ...);
__attribute__((format(printf, 4, 5))) const char *values_strings(
    const char *expected, const char *a, const char *b, const char *format,
    ...);

/* Each operand is evaluated once and keeps its type, as in the macros that are
 * replaced here.  A constant becomes a variable, so the compiler would warn of
 * its sign; the Makefile has the flag. */
#define VALUES_COMPARE(CHECK, A, OP, B, ...)                                   \
	do {                                                                   \
		__auto_type values_a = (A);                                    \
		__auto_type values_b = (B);                                    \
                                                                               \
		if (!(values_a OP values_b))                                   \
			CHECK(0, "%s",                                         \
			      values_numbers(#A " " #OP " " #B,                \
			                     (intmax_t)(intptr_t)values_a,     \
			                     (intmax_t)(intptr_t)values_b,     \
			                     "\n" __VA_ARGS__));               \
	} while (0)

#define VALUES_STRINGS(CHECK, A, B, ...)                                       \
	do {                                                                   \
		const char *values_a = (A), *values_b = (B);                   \
                                                                               \
		if (strcmp(values_a, values_b) != 0)                           \
			CHECK(0, "%s",                                         \
			      values_strings(#A " == " #B, values_a, values_b, \
			                     "\n" __VA_ARGS__));               \
	} while (0)

#undef cr_assert_eq
#undef cr_assert_neq
#undef cr_assert_lt
#undef cr_assert_leq
#undef cr_assert_gt
#undef cr_assert_geq
#undef cr_assert_str_eq
#undef cr_expect_eq
#undef cr_expect_neq
#undef cr_expect_lt
#undef cr_expect_leq
#undef cr_expect_gt
#undef cr_expect_geq
#undef cr_expect_str_eq

#define cr_assert_eq(A, ...)  VALUES_ASSERT(A, ==, __VA_ARGS__)
#define cr_assert_neq(A, ...) VALUES_ASSERT(A, !=, __VA_ARGS__)
#define cr_assert_lt(A, ...)  VALUES_ASSERT(A, <, __VA_ARGS__)
#define cr_assert_leq(A, ...) VALUES_ASSERT(A, <=, __VA_ARGS__)
#define cr_assert_gt(A, ...)  VALUES_ASSERT(A, >, __VA_ARGS__)
#define cr_assert_geq(A, ...) VALUES_ASSERT(A, >=, __VA_ARGS__)
#define cr_expect_eq(A, ...)  VALUES_EXPECT(A, ==, __VA_ARGS__)
#define cr_expect_neq(A, ...) VALUES_EXPECT(A, !=, __VA_ARGS__)
#define cr_expect_lt(A, ...)  VALUES_EXPECT(A, <, __VA_ARGS__)
#define cr_expect_leq(A, ...) VALUES_EXPECT(A, <=, __VA_ARGS__)
#define cr_expect_gt(A, ...)  VALUES_EXPECT(A, >, __VA_ARGS__)
#define cr_expect_geq(A, ...) VALUES_EXPECT(A, >=, __VA_ARGS__)

#define cr_assert_str_eq(A, ...) VALUES_STRINGS(cr_assert, A, __VA_ARGS__)
#define cr_expect_str_eq(A, ...) VALUES_STRINGS(cr_expect, A, __VA_ARGS__)

/* The message is optional: these have it as the arguments after B. */
#define VALUES_ASSERT(A, OP, ...) VALUES_COMPARE(cr_assert, A, OP, __VA_ARGS__)
#define VALUES_EXPECT(A, OP, ...) VALUES_COMPARE(cr_expect, A, OP, __VA_ARGS__)

#endif
