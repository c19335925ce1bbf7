// SPDX-License-Identifier: MIT
// The server of Dockerfile.example.  It answers each request with a greeting, and
// finishes the requests under way before it exits.
'use strict';

const http = require('node:http');

const port = Number(process.env.PORT ?? 8080);

// hale passes this exit status on, so it is that of the container.
const status = Number(process.env.EXIT_STATUS ?? 0);

const server = http.createServer((request, response) => {
  response.end('Hello from a container that hale looks after.\n');
});

server.listen(port, () => console.log(`listening on port ${port}`));

// `docker stop` and Kubernetes send TERM, and Ctrl-C sends INT.  Accept no new
// request, finish those under way, and then exit.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    console.log(`${signal}: finishing`);
    server.close(() => process.exit(status));
  });
}
