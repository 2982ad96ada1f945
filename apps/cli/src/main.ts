#!/usr/bin/env node
/** `sendpool`: servers, pools, campaigns and statistics on a terminal. */
import type { Terminal } from './api/command.ts';
import { runLine } from './run.ts';

const { stdout } = process;
let hasStatus = false;

const terminal: Terminal = {
  line: (text) => console.log(text),
  status: (text) => {
    hasStatus = stdout.isTTY;
    stdout.write(stdout.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
  },
};

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

process.exitCode = await runLine({
  args: process.argv.slice(2),
  env: process.env,
  terminal,
  complain: (text) => console.error(text),
  signal: stop.signal,
});
if (hasStatus) stdout.write('\n');
