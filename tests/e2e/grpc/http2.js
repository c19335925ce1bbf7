// SPDX-License-Identifier: MIT
// A server of HTTP/2 that answers one call of gRPC by hand: UP.
const fs = require('node:fs');
const server = require('node:http2').createServer();
server.on('stream', (stream) => {
	stream.once('data', (call) => {
		const up = fs.existsSync(process.argv[2]);
		const name = call.toString('latin1', 7);
		const states = {'': up ? 1 : 2, up: 1, down: 2, odd: 0};
		const head = {'content-type': 'application/grpc'};
		if (!(name in states)) {
			stream.respond({...head, 'grpc-status': '5'},
				{endStream: true});
			return;
		}
		stream.respond(head, {waitForTrailers: true});
		stream.on('wantTrailers', () =>
			stream.sendTrailers({'grpc-status': '0'}));
		stream.end(Buffer.from(
			[0, 0, 0, 0, 2, 8, states[name]]));
	});
});
server.listen(0, '127.0.0.1', () =>
	console.log(server.address().port));
