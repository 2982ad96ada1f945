/** What every kind of process has cost so far, in seconds of CPU; two readings make a measurement. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { RunningSink } from '../../apps/standalone/demo/sinks.ts';
import { processesOf, type Stage } from '../e2e/stage.ts';
import { cpuOf, cpuOfTree, ticksPerSecond } from './cpu.ts';

/** Seconds of CPU by kind of process, all replicas of a kind together. */
export type Meter = { at: number; byKind: Readonly<Record<string, number>>; machineBusy: number };

/** `sender-2` is a sender. */
const kindOf = (name: string): string => name.replace(/-\d+$/, '');

/** Seconds in which the cores of this machine did something, for whomever. */
const machineBusy = (): number => {
  const fields = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))![1]!.split(' ').map(Number);
  const [user, nice, system, , , irq, softirq] = fields;
  return (user! + nice! + system! + irq! + softirq!) / ticksPerSecond;
};

export const readMeter = (stage: Stage, sinks: readonly RunningSink[]): Meter => {
  const byKind: Record<string, number> = {};
  for (const [name, { pid }] of Object.entries(processesOf(stage)))
    if (name !== 'standalone')
      byKind[kindOf(name)] = (byKind[kindOf(name)] ?? 0) + (name === 'postgres' ? cpuOfTree(pid) : cpuOf(pid));
  byKind['SMTP servers'] = sinks.reduce((sum, sink) => sum + cpuOf(sink.pid()), 0);
  return { at: performance.now(), byKind, machineBusy: machineBusy() };
};

export type Cost = {
  /** Microseconds of CPU a message, by kind of process. */
  perMessage: Record<string, number>;
  /** Share of all cores that these processes used, 0 to 1. */
  ours: number;
  /** Share of all cores that anybody used: more than `ours` when something else ran on the machine. */
  machine: number;
};

export const costBetween = (before: Meter, after: Meter, messages: number): Cost => {
  const used = Object.entries(after.byKind).map(([kind, value]) => [kind, value - (before.byKind[kind] ?? 0)] as const);
  const coreSeconds = ((after.at - before.at) / 1000) * availableParallelism();
  return {
    perMessage: Object.fromEntries(used.map(([kind, seconds]) => [kind, (seconds * 1e6) / messages])),
    ours: used.reduce((sum, [, seconds]) => sum + seconds, 0) / coreSeconds,
    machine: (after.machineBusy - before.machineBusy) / coreSeconds,
  };
};
