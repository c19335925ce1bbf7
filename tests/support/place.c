/* SPDX-License-Identifier: MIT */
/* place: what hale --check says of a server that answers in this way. */
#include "place.h"

#include <criterion/criterion.h>
#include <string.h>

#include "checks.h"
#include "extra.h"

struct place
place_open(const char *scheme, const struct server_step *steps)
{
	struct place p = {.fd = server_bind("127.0.0.1", &p.port)};

	cr_assert_geq(p.fd, 0);
	server_start(&p.server, p.fd, steps);
	p.target = checks_text("%s://127.0.0.1:%d%s", scheme, p.port,
	                       strcmp(scheme, "http") == 0 ? "/" : "");
	return p;
}

void
place_close(struct place *p)
{
	server_stop(&p->server, p->fd);
}

void
place_healthy(const char *scheme, const struct server_step *steps)
{
	struct place p = place_open(scheme, steps);

	checks_healthy(NS_WORDS("--health-timeout", CHECKS_LONG, p.target));
	place_close(&p);
}

void
place_unhealthy(const char *reason, const char *scheme,
                const struct server_step *steps)
{
	struct place p = place_open(scheme, steps);

	checks_unhealthy(reason,
	                 NS_WORDS("--health-timeout", CHECKS_LONG, p.target));
	place_close(&p);
}

void
place_timeout(const char *reason, const char *scheme,
              const struct server_step *steps)
{
	struct place p = place_open(scheme, steps);
	long long before = extra_now(), took;

	checks_unhealthy(reason,
	                 NS_WORDS("--health-timeout", "300ms", p.target));
	took = extra_now() - before;
	cr_expect_geq(took, 300);
	cr_expect_lt(took, NS_DEADLINE / 2);
	place_close(&p);
}
