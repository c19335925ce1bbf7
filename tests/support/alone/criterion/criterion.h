/* SPDX-License-Identifier: MIT */
/*
 * criterion: as much of Criterion as the unit tests use, for machines that have
 * no package of it, as a 32-bit libc beside a 64-bit one.
 *
 * Each test is a process of its own.  A failed assertion ends it; a failed
 * expectation is said, and counts at the end.
 */
#ifndef ALONE_H
#define ALONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct alone_extra {
	int timeout; /* s */
	void (*init)(void), (*fini)(void);
};

struct alone_test {
	const char *suite, *name;
	void (*run)(void);
	struct alone_extra extra;
	struct alone_test *next;
};

void alone_add(struct alone_test *test);
void alone_add_suite(struct alone_test *suite);

/* Say where and what, unless it is good; end the test if it has to hold. */
void alone_check(bool good, bool must, const char *file, int line,
                 const char *what);
_Noreturn void alone_skip(void);

#define ALONE_ADD(add, function, s, n, ...)                                    \
	__attribute__((constructor)) static void function##_add(void)          \
	{                                                                      \
		static struct alone_test test = {                              \
		    .suite = s, .name = n, .extra = {__VA_ARGS__}};            \
		test.run = function;                                           \
		add(&test);                                                    \
	}
#define Test(s, n, ...)                                                        \
	static void s##_##n##_test(void);                                      \
	ALONE_ADD(alone_add, s##_##n##_test, #s, #n, __VA_ARGS__)              \
	static void s##_##n##_test(void)
#define TestSuite(s, ...)                                                      \
	static void s##_suite(void)                                            \
	{                                                                      \
	}                                                                      \
	ALONE_ADD(alone_add_suite, s##_suite, #s, NULL, __VA_ARGS__)

#define ALONE_CHECK(good, must)                                                \
	alone_check((good), must, __FILE__, __LINE__, #good)

#define cr_expect(good, ...)           ALONE_CHECK(good, false)
#define cr_expect_not(good, ...)       ALONE_CHECK(!(good), false)
#define cr_expect_eq(a, b, ...)        ALONE_CHECK((a) == (b), false)
#define cr_expect_neq(a, b, ...)       ALONE_CHECK((a) != (b), false)
#define cr_expect_leq(a, b, ...)       ALONE_CHECK((a) <= (b), false)
#define cr_expect_geq(a, b, ...)       ALONE_CHECK((a) >= (b), false)
#define cr_expect_gt(a, b, ...)        ALONE_CHECK((a) > (b), false)
#define cr_expect_null(a, ...)         ALONE_CHECK((a) == NULL, false)
#define cr_expect_not_null(a, ...)     ALONE_CHECK((a) != NULL, false)
#define cr_expect_str_eq(a, b, ...)    ALONE_CHECK(strcmp(a, b) == 0, false)
#define cr_expect_str_neq(a, b, ...)   ALONE_CHECK(strcmp(a, b) != 0, false)
#define cr_expect_str_empty(a, ...)    ALONE_CHECK((a)[0] == '\0', false)
#define cr_expect_lt(a, b, ...)        ALONE_CHECK((a) < (b), false)
#define cr_expect_arr_eq(a, b, n, ...) ALONE_CHECK(memcmp(a, b, n) == 0, false)
#define cr_assert(good, ...)           ALONE_CHECK(good, true)
#define cr_assert_not(good, ...)       ALONE_CHECK(!(good), true)
#define cr_assert_eq(a, b, ...)        ALONE_CHECK((a) == (b), true)
#define cr_assert_neq(a, b, ...)       ALONE_CHECK((a) != (b), true)
#define cr_assert_geq(a, b, ...)       ALONE_CHECK((a) >= (b), true)
#define cr_assert_leq(a, b, ...)       ALONE_CHECK((a) <= (b), true)
#define cr_assert_lt(a, b, ...)        ALONE_CHECK((a) < (b), true)
#define cr_assert_gt(a, b, ...)        ALONE_CHECK((a) > (b), true)
#define cr_assert_null(a, ...)         ALONE_CHECK((a) == NULL, true)
#define cr_assert_not_null(a, ...)     ALONE_CHECK((a) != NULL, true)
#define cr_assert_str_eq(a, b, ...)    ALONE_CHECK(strcmp(a, b) == 0, true)
#define cr_assert_arr_eq(a, b, n, ...) ALONE_CHECK(memcmp(a, b, n) == 0, true)
#define cr_log_info(...)               (void)printf(__VA_ARGS__)
#define cr_skip_test(...)              alone_skip()

#endif
