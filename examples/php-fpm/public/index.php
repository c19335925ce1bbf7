<?php
// SPDX-License-Identifier: MIT
// A greeting for each request.
header('Content-Type: text/plain');
echo "Hello from a container that hale looks after.\n";
