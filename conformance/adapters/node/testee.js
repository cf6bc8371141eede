// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Node's child_process as a testee of the wire (spec/wire.md): node testee.js SOCKET
//
// A child is what child_process.fork() starts: a fresh image, which is told over its IPC channel
// what it is to be. Nothing blocks: an operation that waits is a promise, answered when it is kept.
// Values are handed on in the form in which they came: nothing here takes one apart.
'use strict';
const {fork} = require('child_process');
const {once} = require('events');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const {setImmediate: turn, setTimeout: sleep} = require('timers/promises');

// What a process begins with.
const fields = () => ({attributes: new Map(), globals: new Map(), pid: null, exit_code: null});
const current = {name: 'MainProcess', daemon: false, args: [], kwargs: {}, ...fields()};
const processes = [current]; // by number; dropped ones stay: they hold nothing to release
const lines = []; // of the stage
const exitHandlers = [];

// --- Errors --------------------------------------------------------------------------------------

function refuse(kind, message, more) {
  throw Object.assign(new Error(message), {wire: {kind, type: kind, message, ...more}});
}

const describe = ({wire, name, message, stack, syscall}) =>
  wire ?? {kind: syscall ? 'Os' : 'Other', type: name, message, traceback: stack};

// --- Connections ---------------------------------------------------------------------------------

// Whether the other end is there.
const write = (socket, data) => new Promise((keep) => socket.write(data, (error) => keep(!error)));
const say = (socket, message) => write(socket, `${JSON.stringify(message)}\n`);
const vanish = () => process.kill(process.pid, 'SIGKILL'); // nobody needs this process any more

async function connect(address) {
  // By way of its directory, since the path may be longer than a socket's address.
  const directory = fs.openSync(path.dirname(address));
  const socket = net.connect(`/proc/self/fd/${directory}/${path.basename(address)}`);
  await once(socket, 'connect').finally(() => fs.closeSync(directory));
  return socket.on('error', () => {}); // its end follows
}

async function greet(hello) {
  const socket = await connect(process.argv[2]);
  await say(socket, {...hello, version: 1, process: `${process.pid}-${performance.timeOrigin}`});
  return socket.setEncoding('utf8');
}

// Answers until the judge ends the connection, and gives the message by which it does so, if any.
async function serve(socket) {
  let line = '';
  for await (const chunk of socket) {
    line += chunk;
    if (!line.endsWith('\n')) continue; // nothing follows a request before its answer
    const request = JSON.parse(line);
    line = '';
    if (request.op) await say(socket, await answer(request));
    if (request.end || request.op === 'finish') return request;
  }
}

const converse = async (hello) => (await serve(await greet(hello))) ?? vanish();

async function answer({id, op, on, line, ...rest}) {
  // What has ended by now is seen to have ended: its signal may come after this request's bytes
  // in a turn of the event loop, and is then acted on in the next.
  await turn().then(turn);
  try {
    const self = line ? lines[line - 1] : processes[on ?? 0];
    if (!self) refuse('Protocol', `there is no object ${on} or no line ${line}`);
    if (self.gone && !['name', 'daemon', 'close', 'drop'].includes(op)) refuse('Value', 'closed');
    if (op in self) return {id, ok: self[op]}; // a field
    const perform = operations[op] ?? refuse('NotImplemented', `there is no ${op}`);
    return {id, ok: (await perform(self, rest)) ?? null};
  } catch (error) {
    return {id, error: describe(error)};
  }
}

// --- Calls ---------------------------------------------------------------------------------------

async function call(what) {
  const {end, code, error} = await converse({hello: 'call', ...what});
  if (end === 'raise') refuse(error.kind, error.message, error);
  if (end === 'exit') refuse('ExitRequest', `exit ${code}`, {code});
}

const callTarget = ({target, args, kwargs}) => call({kind: 'target', name: target, args, kwargs});

async function run(self) {
  if (self.type) await call({kind: 'type', name: self.type, self: handle(self)});
  else if (self.target) await callTarget(self);
}

// --- Operations: of a process, of the current one, or of a line ----------------------------------

const handle = (self) => ({h: processes.indexOf(self), kind: 'Process'});
const isAlive = (self) => self.pid !== null && self.exit_code === null;
const children = () => processes.slice(1).filter(isAlive);
const fresh = (self) => (self.pid === null ? self : refuse('Misuse', 'it was started'));
const childOf = (self) => self.child ?? refuse('Misuse', 'it was not started');
const get = (map, name) => (map.has(name) ? map.get(name) : refuse('Value', `there is no ${name}`));
const signals = {kill: 'SIGKILL', abort: 'SIGABRT', segmentation: 'SIGSEGV'};

// A timer counts whole milliseconds from the turn in which it is set, and less than 2^31 of them.
const late = (seconds) => sleep(Math.min(Math.ceil((seconds ?? Infinity) * 1000) + 2, 2 ** 31 - 1));

// What only tells a field of a process is not among them.
const operations = {
  'process.new': (self, plan) => {
    plan.name ||= `${plan.type || 'Process'}-${processes.length}`;
    plan.daemon ??= self.daemon;
    processes.push({...plan, ...fields()});
    return handle(processes.at(-1));
  },
  start: async (self) => {
    fresh(self);
    if (current.daemon) refuse('Misuse', 'a daemon has no children');
    if (current.bootstrapping) refuse('Bootstrapping', 'this process is being started itself');
    const child = fork(__filename, process.argv.slice(2), {serialization: 'advanced'});
    await once(child, 'spawn');
    child.send(self, () => {}); // it may have ended by then
    child.ended = once(child, 'exit').then(([code, signal]) => {
      self.exit_code = code ?? -os.constants.signals[signal];
    });
    Object.assign(self, {child, pid: child.pid});
  },
  run: (self) => run(fresh(self)),
  join: (self, {timeout}) => Promise.race([childOf(self).ended, late(timeout)]),
  is_alive: isAlive,
  terminate: (self) => void childOf(self).kill('SIGTERM'),
  kill: (self) => void childOf(self).kill('SIGKILL'),
  close: (self) => (isAlive(self) ? refuse('Value', 'it runs') : void (self.gone = true)),
  set_name: (self, {name}) => void (self.name = name),
  set_daemon: (self, {daemon}) => void (fresh(self).daemon = daemon),
  arguments: (self) => [self.args, {m: self.kwargs}],
  set_attribute: (self, {name, value}) => void self.attributes.set(name, value),
  attribute: (self, {name}) => get(self.attributes, name),
  drop: () => null,

  current_process: handle,
  active_children: () => children().map(handle),
  parent_pid: () => process.ppid,
  print: (self, {stream, text}) => fs.writeFileSync(stream === 'out' ? 1 : 2, text),
  crash: (self, {crash, code}) =>
    crash === 'exit' ? process.exit(code) : process.kill(process.pid, signals[crash]),
  at_exit: (self, handler) => void exitHandlers.push(handler),
  'global.set': (self, {name, value}) => void self.globals.set(name, value),
  'global.get': (self, {name}) => get(self.globals, name),
  finish: () => null, // live() goes on
  ping: () => null,
  lane: (self, {lane}) => void greet({hello: 'lane', lane}).then(serve),

  'stage.connect': async (self, {address}) => lines.push(await connect(address)),
  'stage.write': (line, {data}) => write(line, Buffer.from(data, 'base64')),
  'stage.read': async (line) => {
    line.chunks ??= line[Symbol.asyncIterator]();
    const {value} = await line.chunks.next().catch(() => ({}));
    return value && {b: value.toString('base64')};
  },
  'stage.close': (line) => void line.destroy(),
};

// --- The program ---------------------------------------------------------------------------------

async function live() {
  if (!process.send) return (await converse({hello: 'main'})).status;
  current.bootstrapping = 'PROCSPEC_UNGUARDED_PROGRAM' in process.env;
  if (current.bootstrapping) await call({kind: 'program'});
  current.bootstrapping = false;
  await run(current);
}

function statusOf(error) {
  const {kind, code, type, message} = describe(error);
  if (kind !== 'ExitRequest') console.error(`Process ${current.name}:\n${type}: ${message}`);
  return code ?? 1;
}

async function main() {
  const [plan] = process.send ? await once(process, 'message') : [];
  Object.assign(current, plan, {pid: process.pid, cpu_count: os.cpus().length});
  serve(await greet({hello: 'process', pid: process.pid})).finally(vanish);
  const status = await live().catch(statusOf);
  while (exitHandlers.length) await callTarget(exitHandlers.pop()).catch(statusOf);
  for (const {daemon, child} of children()) if (daemon) child.kill();
  await Promise.all(children().map(({child}) => child.ended));
  process.exit(status);
}

main();
