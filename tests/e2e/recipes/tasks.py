# SPDX-License-Identifier: MIT
"""A task of two seconds."""

import time

from celery import Celery

app = Celery("tasks", broker="redis://redis:6379/0")


@app.task
def work():
    print("the work has begun", flush=True)
    time.sleep(2)
    print("the work is done", flush=True)
