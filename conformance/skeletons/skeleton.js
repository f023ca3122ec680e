#!/usr/bin/env node
// SPDX-License-Identifier: CC0-1.0
// skeleton.js: an adapter to copy: a reader in JavaScript on the pipe of PROTOCOL.md. Fill in judge().
'use strict';
const fs = require('fs');

const HELLO = {
  name: 'my reader', version: '0', protocol: 1, formats: ['linux.region_info'],
  roles: ['reader'], tells: ['need'], scripts: false,
};
const [ACCEPT, REJECT, NEED_MORE, SKIP, ERROR] = [0, 1, 2, 3, 4];
const NOT_TOLD = 0xffffffff;

// Returns verdict, offset of the fault, size to come back with, and a text: the dump as JSON of what is
// accepted, the rule of what is not, the reason of a skip. input is a Buffer.
function judge(format, order, role, index, input) {
  if (input.length < 32) // struct vfio_region_info without any capability
    return [NEED_MORE, NOT_TOLD, 32, ''];
  return [SKIP, NOT_TOLD, NOT_TOLD, 'not written yet'];
}

// Exactly size bytes, or null at the end of the input.
function read(size) {
  const bytes = Buffer.alloc(size);
  for (let got = 0, more; got < size; got += more)
    if ((more = fs.readSync(0, bytes, got, size - got)) === 0) return null;
  return bytes;
}

function send(type, payload) {
  const frame = Buffer.concat([Buffer.alloc(4), Buffer.from(type), payload]);
  frame.writeUInt32LE(frame.length - 4);
  for (let done = 0; done < frame.length;) done += fs.writeSync(1, frame, done);
}

function answer(frame) {
  const start = 12 + frame[11];
  const format = frame.toString('utf8', 12, start);
  const told = !HELLO.formats.includes(format)
    ? [SKIP, NOT_TOLD, NOT_TOLD, 'a format that is not read']
    : judge(format, frame[5] ? 'big' : 'little', frame[6] ? 'producer' : 'reader',
      frame.readUInt32LE(7), frame.subarray(start));
  const head = Buffer.alloc(13);
  frame.copy(head, 0, 1, 5); // the number of the case
  head[4] = told[0];
  head.writeUInt32LE(told[1], 5);
  head.writeUInt32LE(told[2], 9);
  send('A', Buffer.concat([head, Buffer.from(told[3])]));
}

for (let length; (length = read(4));) {
  const frame = read(length.readUInt32LE());
  const type = String.fromCharCode(frame[0]);
  if (type === 'E') break;
  if (type === 'H' && frame.readUInt32LE(1) !== HELLO.protocol) process.exit(1);
  if (type === 'H') send('H', Buffer.from(JSON.stringify(HELLO)));
  else answer(frame);
}
