// SPDX-License-Identifier: MIT
// Answers /slow after two seconds, and everything else at once.
'use strict';

const http = require('node:http');

const server = http.createServer((request, response) => {
  if (request.url !== '/slow') {
    response.end('good day\n');
    return;
  }
  console.log('the work has begun');
  setTimeout(() => {
    console.log('the work is done');
    response.end('good day\n');
  }, 2000);
});

server.listen(8080);
process.once('SIGTERM', () => server.close());
