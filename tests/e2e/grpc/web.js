// SPDX-License-Identifier: MIT
// HTTP/1.1, of which a gRPC target is not to be taken for healthy.
const server = require('node:http').createServer(
	(request, response) => response.end());
server.listen(0, '127.0.0.1', () =>
	console.log(server.address().port));
