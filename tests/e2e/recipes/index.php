<?php
// SPDX-License-Identifier: MIT
// Answers after two seconds.
error_log('the work has begun');
sleep(2);
error_log('the work is done');
echo "good day\n";
