/** Carries out the faults of a plan. */
import { restoreDatabase, restoreLog, takeBackup } from './backup.ts';
import { control } from './fake-database.ts';
import { eraseMetadata } from './fake-log.ts';
import { runRestore } from './operator.ts';
import { processKinds, type Fault, type Plan, type ProcessKind } from './plan.ts';
import { kill, startProcess, stop, type Processes, type Stage } from './processes.ts';
import type { System } from './system.ts';
import { at, createLife, note } from './world.ts';

/** The metadata goes while nobody looks: a ledger that is written every few milliseconds would hide the loss. */
const eraseLedger = (system: System, processes: Processes, lane: number): void => {
  if (!eraseMetadata(system.groups.sender, lane)) return;
  for (const [name, { kind }] of processes) if (kind === 'sender') kill(system, processes, name, 20);
};

const killAll = (processes: Processes, kinds: readonly ProcessKind[]): void => {
  for (const { life, kind } of processes.values()) if (kinds.includes(kind)) life.isAlive = false;
};

const startDead = (system: System, processes: Processes): void => {
  for (const name of processes.keys()) startProcess(system, processes, name);
};

/** A command that was given after the backup, and that the log did not have either, is forgotten: people give it again. */
const commandAgain = ({ world, database }: System, { controls }: Plan): void => {
  for (const campaign of database.campaigns.values()) {
    const last = controls.findLast((order) => order.campaign === campaign.number && order.at <= world.now);
    if (last !== undefined && last.status !== campaign.status) control(database, campaign.number, last.status);
  }
};

const runOperator = async (system: System, processes: Processes, plan: Plan): Promise<void> => {
  const life = createLife(system.world, 'operator');
  if (system.plant.isCareless !== true) await runRestore(life, system, system.hasLostEvents);
  system.isDown = false;
  commandAgain(system, plan);
  startDead(system, processes);
};

/** Who starts too early is refused by the check, and stopped again. */
const restoreTheDatabase = (
  system: System,
  { processes, plan }: Stage,
  fault: { forMs: number; refusedMs: number },
): void => {
  const { world } = system;
  const down = (): void => {
    killAll(processes, ['scheduler', 'stats']);
    system.isDown = true;
    at(world, fault.forMs, () => void runOperator(system, processes, plan));
  };
  killAll(processes, ['scheduler', 'stats']);
  restoreDatabase(system, system.backup!);
  if (fault.refusedMs === 0) return down();
  startDead(system, processes);
  at(world, fault.refusedMs, down);
};

const restoreTheLog = (system: System, { processes, plan }: Stage, forMs: number): void => {
  killAll(processes, processKinds);
  for (const { life } of processes.values()) life.isCutOff = true;
  system.isDown = true;
  system.hasLostEvents = true;
  restoreLog(system, system.backup!);
  at(system.world, forMs, () => void runOperator(system, processes, plan));
};

export const strike = (system: System, stage: Stage, fault: Fault): void => {
  const { processes } = stage;
  const { world } = system;
  note(world, () => `FAULT ${JSON.stringify(fault)}`);
  switch (fault.kind) {
    case 'KILL':
      return kill(system, processes, `${fault.process}${fault.index}`, fault.forMs);
    case 'STOP':
      return stop(system, processes, `${fault.process}${fault.index}`, fault.forMs);
    case 'PAUSE': {
      const { life } = processes.get(`${fault.process}${fault.index}`)!;
      life.pausedUntil = world.now + fault.forMs;
      life.lastFault = life.pausedUntil;
      return undefined;
    }
    case 'NO_SERVER':
      system.noServerUntil = world.now + fault.forMs;
      return undefined;
    case 'LOSE_BATCH':
      system.losesBatch = true;
      return undefined;
    case 'ERASE_LEDGER':
      return eraseLedger(system, processes, fault.lane);
    case 'BACK_UP':
      system.backup = takeBackup(system);
      return undefined;
    case 'RESTORE_DATABASE':
      return restoreTheDatabase(system, stage, fault);
    case 'RESTORE_LOG':
      return restoreTheLog(system, stage, fault.forMs);
  }
};
