// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Node's child_process as a testee of the wire (spec/wire.md): node testee.js SOCKET
//
// A child is what child_process.fork() starts: a fresh image, which is told over its IPC channel
// what it is to be. Nothing blocks: an operation that waits is a promise, answered when it is kept.
'use strict';
const {fork} = require('child_process');
const {once} = require('events');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');

const judge = process.argv[process.argv.length - 1];
const identity = `${process.pid}-${process.hrtime.bigint()}`;
const objects = new Map();  // what the judge holds: number -> {object, sent}
const numbers = new Map();  // the reverse: object -> number
const lines = new Map();  // of the stage: number -> {socket, data, wake}
const globals = new Map();
const exitHandlers = [];
const children = new Set();  // started, and not seen to have ended
let lastNumber = 0;
let constructed = 0;
let bootstrapping = false;
let current;  // the Process that this process is

const fault = (kind, message, more) =>
  Object.assign(new Error(message), {wire: {kind, type: kind, message, ...more}});
const must = (condition, kind, message) => {
  if (!condition) throw fault(kind, message);
};
const describe = ({wire, name, message, stack, syscall}) =>
  wire ?? {kind: syscall ? 'Os' : 'Other', type: name, message, traceback: stack};

// --- Values: integers are BigInt here, doubles Number, dicts Map ---------------------------------

function toWire(v) {
  if (v === undefined) return null;
  if (typeof v === 'bigint') return v >= -(2n ** 53n) && v <= 2n ** 53n ? Number(v) : {i: `${v}`};
  if (Object.is(v, -0)) return {d: '-0.0'};
  if (typeof v === 'number') return {d: `${v}`.replace('Infinity', 'inf').replace('NaN', 'nan')};
  if (v === null || typeof v !== 'object') return v;
  if (Array.isArray(v)) return v.map(toWire);
  if (v instanceof Uint8Array) return {b: Buffer.from(v).toString('base64')};
  if (v instanceof Map) return {m: Object.fromEntries([...v].map(([k, x]) => [k, toWire(x)]))};
  if (!numbers.has(v)) numbers.set(v, ++lastNumber), objects.set(lastNumber, {object: v, sent: 0});
  objects.get(numbers.get(v)).sent++;
  return {h: numbers.get(v), kind: v.constructor.name};
}

function fromWire(v) {
  if (typeof v === 'number') return BigInt(v);
  if (v === null || typeof v !== 'object') return v;
  if (Array.isArray(v)) return v.map(fromWire);
  if ('i' in v) return BigInt(v.i);
  if ('d' in v) return Number(v.d.replace('inf', 'Infinity'));
  return 'b' in v ? Buffer.from(v.b, 'base64') : fromFields(v.m);
}
const fromFields = (fields) => new Map(Object.entries(fields).map(([k, x]) => [k, fromWire(x)]));

// --- Connections ---------------------------------------------------------------------------------

const vanish = () => process.kill(process.pid, 'SIGKILL');  // nobody needs this process any more

async function connect(address) {
  // A path that is longer than a socket's address is reached through its directory.
  const directory = Buffer.byteLength(address) > 107 ? fs.openSync(path.dirname(address)) : null;
  const short = directory && `/proc/self/fd/${directory}/${path.basename(address)}`;
  const socket = net.connect(short ?? address);
  await once(socket, 'connect').finally(() => directory && fs.closeSync(directory));
  return socket.on('error', () => {});  // its end follows
}

// Says hello, and answers until the judge ends the connection: by `last`, if by a message.
async function converse(hello) {
  const socket = (await connect(judge)).setEncoding('utf8');
  const send = (message) => socket.write(`${JSON.stringify(message)}\n`);
  send({...hello, version: 1, process: identity});
  let line = '';
  const last = new Promise((keep) => socket.on('close', () => keep()).on('data', async (chunk) => {
    line += chunk;
    if (!chunk.endsWith('\n')) return;  // requests and answers alternate: nothing follows one
    const request = JSON.parse(line);
    line = '';
    if (request.op) send(await answer(request));
    if (request.op !== 'finish' && !request.end) return;
    keep(request);
    if (request.end) socket.destroy();
  }));
  return {last};
}

const turn = () => new Promise(setImmediate);

async function answer({id, op, on, ...fields}) {
  // What has ended by now is seen to have ended: its signal may come after this request's bytes
  // in a turn of the event loop, and is then acted on in the next.
  await turn().then(turn);
  try {
    if (on === undefined || op === 'drop') {
      must(op in operations, 'NotImplemented', `there is no ${op}`);
      return {id, ok: toWire(await operations[op]({on, ...fields}))};
    }
    const self = objects.get(on)?.object;
    must(self, 'Protocol', `there is no object ${on}`);
    must(op in methods, 'NotImplemented', `there is no ${op}`);
    must(!self.closed || ['name', 'daemon', 'close'].includes(op), 'Value', 'it is closed');
    return {id, ok: toWire(await methods[op](self, fields))};
  } catch (error) {
    return {id, error: describe(error)};
  }
}

// --- Calls ---------------------------------------------------------------------------------------

async function call(hello) {
  const {last} = await converse({hello: 'call', ...hello});
  const {end, code, error} = await last ?? vanish();
  if (end === 'raise') throw fault(error.kind, error.message, error);
  if (end === 'exit') throw fault('ExitRequest', `exit ${code}`, {code});
}

function work(self) {
  const {type, target, args, kwargs} = self.plan;
  if (type) return call({kind: 'type', name: type, self: toWire(self)});
  const fields = {args: toWire(args), kwargs: toWire(kwargs).m};
  if (target) return call({kind: 'target', name: target, ...fields});
}

// The status to which it leads.
const statusOf = (who, promise) => promise.then(() => 0, (error) => {
  const {kind, code, type, message} = describe(error);
  if (kind === 'ExitRequest') return code;
  operations.print({stream: 'err', text: `${who}:\n${type}: ${message}\n`});
  return 1;
});

// Ends this process as a program ends.
async function leave(status) {
  while (exitHandlers.length) await statusOf('Exit handler', call(exitHandlers.pop()));
  for (const {plan, child} of children) plan.daemon && child.kill();
  await Promise.all([...children].map(({ended}) => ended));
  process.exit(status & 255);
}

// --- Operations of processes ---------------------------------------------------------------------

// Waits for the promise, but not for longer. A timer may be early, and knows no long times.
async function within(promise, seconds) {
  const end = performance.now() + (seconds ?? Infinity) * 1000;
  for (let left; (left = end - performance.now()) > 0;) {
    let timer;
    const late = new Promise((keep) => (timer = setTimeout(keep, Math.min(left, 1e9), true)));
    if (!await Promise.race([promise, late])) return clearTimeout(timer);
  }
}

function Process(plan) {
  this.plan = plan;
}

const running = (self) => self === current || children.has(self);
const found = (map, name) => (must(map.has(name), 'Value', `there is no ${name}`), map.get(name));
const wasStarted = ({child}) => must(child, 'Misuse', 'it was not started');
const isNew = (self) => must(!self.child && self !== current, 'Misuse', 'it was started');

function end(self, signal) {
  wasStarted(self);
  if (running(self)) self.child.kill(signal);
}

async function start(self) {
  isNew(self);
  must(!current.plan.daemon, 'Misuse', 'a daemon has no children');
  must(!bootstrapping, 'Bootstrapping', 'this process is being started itself');
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'];
  self.child = fork(__filename, [judge], {serialization: 'advanced', stdio});
  await once(self.child, 'spawn').catch(({message}) => {
    self.child = undefined;
    throw fault('Os', message);
  });
  children.add(self);
  self.ended = new Promise((keep) => self.child.on('exit', (code, signal) => {
    self.code = BigInt(code ?? -os.constants.signals[signal]);
    children.delete(self);
    keep();
  }));
  self.child.send(self.plan, () => {});  // it may have ended by then
}

const methods = {
  __proto__: null,
  start,
  run: (self) => (isNew(self), work(self)),
  join: (self, {timeout}) => (wasStarted(self), within(self.ended, timeout)),
  is_alive: running,
  exit_code: (self) => self.code,
  terminate: (self) => end(self, 'SIGTERM'),
  kill: (self) => end(self, 'SIGKILL'),
  close: (self) => (must(!running(self), 'Value', 'it runs'), void (self.closed = true)),
  pid: (self) => self === current ? BigInt(process.pid) : self.child && BigInt(self.child.pid),
  name: ({plan}) => plan.name,
  set_name: ({plan}, {name}) => (must(name, 'Value', 'no name'), void (plan.name = name)),
  daemon: ({plan}) => plan.daemon,
  set_daemon: (self, {daemon}) => (isNew(self), void (self.plan.daemon = daemon)),
  arguments: ({plan}) => [plan.args, plan.kwargs],
  set_attribute: ({plan}, {name, value}) => void plan.attributes.set(name, fromWire(value)),
  attribute: ({plan}, {name}) => found(plan.attributes, name),
};

// --- Operations of this process ------------------------------------------------------------------

function newProcess({type, target, args, kwargs, name, daemon}) {
  constructed++;
  return new Process({
    type, target, args: fromWire(args), kwargs: fromFields(kwargs), attributes: new Map(),
    name: name || `${type || 'Process'}-${constructed}`,
    daemon: daemon ?? current.plan.daemon,
  });
}

const crashes = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  abort: () => process.abort(),
  segmentation: () => process.kill(process.pid, 'SIGSEGV'),
  exit: (code) => process.exit(code),
};

function drop({on, times}) {
  const held = objects.get(on);
  must(held?.sent >= times, 'Protocol', `${on} was not sent ${times} times`);
  if (!(held.sent -= times)) objects.delete(on), numbers.delete(held.object);
}

async function connectLine({address}) {
  const made = {socket: await connect(address), data: [], wake() {}};
  const came = (data) => (made.data.push(data), made.wake());
  made.socket.on('data', came).on('close', () => came(null));
  lines.set(++lastNumber, made);
  return BigInt(lastNumber);
}

async function readLine({line}) {
  const {data} = lines.get(line);
  if (!data.length) await new Promise((keep) => (lines.get(line).wake = keep));
  return data[0] && data.shift();  // the end stays
}

const operations = {
  __proto__: null,
  'process.new': newProcess,
  current_process: () => current,
  active_children: () => [...children],
  pid: () => BigInt(process.pid),
  parent_pid: () => BigInt(process.ppid),
  cpu_count: () => BigInt(os.cpus().length),
  print: ({stream, text}) => fs.writeFileSync(stream === 'out' ? 1 : 2, text),
  crash: ({crash, code}) => crashes[crash](code),
  at_exit: ({target, ...rest}) => void exitHandlers.push({kind: 'target', name: target, ...rest}),
  'global.set': ({name, value}) => void globals.set(name, fromWire(value)),
  'global.get': ({name}) => found(globals, name),
  finish: () => null,  // the connection knows
  drop,
  ping: () => null,
  lane: ({lane}) => void converse({hello: 'lane', lane}),
  'stage.connect': connectLine,
  'stage.write': ({line, data}) => new Promise((keep) => lines.get(line).socket.write(
      Buffer.from(data, 'base64'), (error) => keep(!error))),
  'stage.read': readLine,
  'stage.close': ({line}) => (lines.get(line).socket.destroy(), void lines.delete(line)),
};

// --- The program ---------------------------------------------------------------------------------

async function begin(plan) {
  current = new Process(plan);
  (await converse({hello: 'process', pid: process.pid})).last.then(vanish);
}

async function body() {
  bootstrapping = 'PROCSPEC_UNGUARDED_PROGRAM' in process.env;
  if (bootstrapping) await call({kind: 'program'});
  bootstrapping = false;
  await work(current);
}

async function beMain() {
  const nothing = {args: [], kwargs: new Map(), attributes: new Map()};
  await begin({name: 'MainProcess', daemon: false, ...nothing});
  const {last} = await converse({hello: 'main'});
  const {status} = await last ?? vanish();
  leave(status);
}

async function beChild(plan) {
  process.disconnect();
  await begin(plan);
  leave(await statusOf(`Process ${plan.name}`, body()));
}

process.send ? process.once('message', beChild) : beMain();
