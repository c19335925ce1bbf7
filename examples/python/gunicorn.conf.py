# SPDX-License-Identifier: MIT
"""The settings of gunicorn, which reads this file by itself."""

bind = "0.0.0.0:8080"
workers = 2

# The workers show that they are alive by touching a file.  The root is
# read-only, and /dev/shm is memory in every container.
worker_tmp_dir = "/dev/shm"

# Finish the requests under way; shorter than hale's grace period of 8 seconds.
graceful_timeout = 6

# Structured access logs on standard output.
accesslog = "-"
access_log_format = (
    '{"time":"%(t)s","status":%(s)s,"method":"%(m)s","path":"%(U)s",'
    '"ms":%(M)s}'
)
