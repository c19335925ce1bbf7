// SPDX-License-Identifier: MIT
// Sends requests to http://HOST:PORT/ all the time and counts the answers.  It
// works like a proxy: four requests at a time, each on a connection of its own,
// spread over the addresses of the name, which it looks up every six seconds.
'use strict';

const dns = require('node:dns').promises;
const http = require('node:http');

const [host, port] = process.argv.slice(2);
const fresh = 6000; // milliseconds
const patience = 10000; // longer than a busy machine is merely slow

let addresses = [];
let lookedUp = -Infinity;
let looks = 0;
let turn = 0;
let ending = false;

const count = { asked: 0, lost: 0 };
const seen = new Set();

async function choose() {
  if (performance.now() - lookedUp >= fresh) {
    lookedUp = performance.now();
    addresses = await dns.resolve4(host).catch(() => addresses);
    console.log(`looked up ${looks += 1}`);
  }
  turn += 1;
  return addresses[turn % addresses.length];
}

function ask(address) {
  return new Promise((resolve, reject) => {
    const options = { host: address, port, agent: false, timeout: patience };
    const request = http.get(options, (response) => {
      if (response.statusCode !== 200)
        reject(new Error(`status ${response.statusCode}`));
      response.on('end', resolve).on('error', reject).resume();
    });
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error('timed out')));
  });
}

async function once() {
  const address = await choose();
  if (address === undefined)
    return;
  seen.add(address);
  try {
    await ask(address);
  } catch (error) {
    count.lost += 1;
    console.log(`lost at ${address}: ${error.message}`);
  }
  count.asked += 1;
  if (count.asked % 100 === 0)
    console.log(`asked ${count.asked}`);
}

async function loop() {
  while (!ending) {
    await once();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

process.once('SIGTERM', () => { ending = true; });

Promise.all([loop(), loop(), loop(), loop()]).then(() => {
  console.log(JSON.stringify({ ...count, addresses: seen.size }));
});
