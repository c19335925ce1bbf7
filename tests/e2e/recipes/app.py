# SPDX-License-Identifier: MIT
"""Answers /slow after two seconds, and everything else at once."""

import time


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/slow":
        print("the work has begun", flush=True)
        time.sleep(2)
        print("the work is done", flush=True)
    return [b"good day\n"]
