/* SPDX-License-Identifier: MIT */
/* place: what hale --check says of a server that answers in this way. */
#include "responder.h"

#include <criterion/criterion.h>
#include <string.h>

#include "checks.h"
#include "helper.h"
#include "patience.h"

struct responder
responder_open(const char *scheme, const struct server_step *steps)
{
	struct responder p = {.fd = server_bind("127.0.0.1", &p.port)};

	cr_assert_geq(p.fd, 0);
	server_start(&p.server, p.fd, steps);
	p.target = checks_text("%s://127.0.0.1:%d%s", scheme, p.port,
	                       strcmp(scheme, "http") == 0 ? "/" : "");
	return p;
}

void
responder_close(struct responder *p)
{
	server_stop(&p->server, p->fd);
}

void
responder_healthy(const char *scheme, const struct server_step *steps)
{
	struct responder p = responder_open(scheme, steps);

	checks_healthy(NS_WORDS("--health-timeout", CHECKS_LONG, p.target));
	responder_close(&p);
}

void
responder_unhealthy(const char *reason, const char *scheme,
                    const struct server_step *steps)
{
	struct responder p = responder_open(scheme, steps);

	checks_unhealthy(reason,
	                 NS_WORDS("--health-timeout", CHECKS_LONG, p.target));
	responder_close(&p);
}

void
responder_timeout(const char *reason, const char *scheme,
                  const struct server_step *steps)
{
	struct responder p = responder_open(scheme, steps);
	long long before = helper_now_ms(), took;

	checks_unhealthy(reason,
	                 NS_WORDS("--health-timeout", "300ms", p.target));
	took = helper_now_ms() - before;
	cr_expect_geq(took, 300);
	cr_expect_lt(took, patience_scaled(NS_DEADLINE / 2));
	responder_close(&p);
}
