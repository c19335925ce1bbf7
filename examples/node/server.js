// SPDX-License-Identifier: MIT
// The server of Dockerfile.example: it greets, and it ends well when asked to.
'use strict';

const http = require('node:http');

const port = Number(process.env.PORT ?? 8080);

// hale ends with this status, so the container does.
const status = Number(process.env.EXIT_STATUS ?? 0);

const server = http.createServer((request, response) => {
  response.end('Hello from a container that hale looks after.\n');
});

server.listen(port, () => console.log(`listening on port ${port}`));

// `docker stop` and Kubernetes send TERM, Ctrl-C is INT.  Take no new request,
// finish those under way, and only then leave.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    console.log(`${signal}: finishing`);
    server.close(() => process.exit(status));
  });
}
