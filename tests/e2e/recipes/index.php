<?php
// SPDX-License-Identifier: MIT
// Answers after two seconds.  A signal ends a single sleep() early.
error_log('the work has begun');
for ($end = microtime(true) + 2; microtime(true) < $end; ) {
    usleep(100000);
}
error_log('the work is done');
echo "good day\n";
