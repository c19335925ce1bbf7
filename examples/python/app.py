# SPDX-License-Identifier: MIT
"""A greeting for each request, as a WSGI application."""


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello from a container that hale looks after.\n"]
