/** The processes of the simulation: started, killed, and stopped as planned. */
import type { FakeConsumer } from './fake-consumer.ts';
import { processKinds, replicas, type Plan, type ProcessKind } from './plan.ts';
import { startScheduler } from './scheduler-process.ts';
import { startSender } from './sender-process.ts';
import { startStats } from './stats-process.ts';
import type { System } from './system.ts';
import { at, createLife, type Life } from './world.ts';

const starters = { scheduler: startScheduler, sender: startSender, stats: startStats };

type Process = { life: Life; consumer: FakeConsumer; starts: number; readonly kind: ProcessKind };
export type Processes = Map<string, Process>;
export type Stage = { readonly processes: Processes; readonly plan: Plan };

/** While the lanes are restored nobody else works on them; a sender may, unless the log itself is gone. */
export const startProcess = (system: System, processes: Processes, name: string): void => {
  const process = processes.get(name)!;
  if (process.life.isAlive && process.starts > 0) return;
  if (system.isDown && (process.kind !== 'sender' || system.hasLostEvents)) return;
  process.starts++;
  process.life = createLife(system.world, `${name}#${process.starts}`);
  process.life.lastFault = process.starts > 1 ? system.world.now : -Infinity;
  process.consumer = starters[process.kind](process.life, system);
};

export const startAll = (system: System): Processes => {
  const processes: Processes = new Map();
  for (const kind of processKinds) {
    for (let index = 0; index < replicas; index++) {
      const name = `${kind}${index}`;
      const life = createLife(system.world, name);
      processes.set(name, { life, consumer: { close: () => undefined }, starts: 0, kind });
      startProcess(system, processes, name);
    }
  }
  return processes;
};

export const kill = (system: System, processes: Processes, name: string, forMs: number): void => {
  const process = processes.get(name)!;
  if (!process.life.isAlive) return;
  process.life.isAlive = false;
  at(system.world, forMs, () => startProcess(system, processes, name));
};

/** The process exits once it has drained and left its group. */
export const stop = (system: System, processes: Processes, name: string, forMs: number): void => {
  const { life, consumer } = processes.get(name)!;
  if (life.isAlive) consumer.close(() => kill(system, processes, name, forMs));
};
