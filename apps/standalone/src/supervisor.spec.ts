import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import type { ProcessEntry } from './process-table.ts';
import type { ProcessPlan, RunningProcess } from './running-process.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

/** A process that is only a promise; `end` ends it. Its number is none that a process can have, so that no signal goes anywhere. */
class Fake {
  static readonly noPid = 2 ** 30;
  starts = 0;
  end: (reason: string) => void = () => undefined;
  isMisconfigured = false;
  /** What the next starts throw. */
  faults: Error[] = [];
  readonly plan: ProcessPlan = {
    name: 'one',
    kind: 'sender',
    start: () => Promise.resolve().then(() => this.#start()),
  };

  #start(): RunningProcess {
    const fault = this.faults.shift();
    if (fault !== undefined) throw fault;
    this.starts += 1;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.end = resolve;
    const stop = (): Promise<void> => Promise.resolve(resolve('stopped'));
    const isMisconfigured = (): boolean => this.isMisconfigured;
    return { pid: Fake.noPid, port: this.starts, ended: promise, stop, isMisconfigured };
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

const pass = async (ms: number): Promise<void> => {
  await settle();
  mock.timers.tick(ms);
  await settle();
};

describe('the supervisor', () => {
  let told: string[];
  let table: Record<string, ProcessEntry>;
  let supervisor: Supervisor;
  let fake: Fake;
  let givesUp: boolean;

  beforeEach(async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    told = [];
    fake = new Fake();
    givesUp = false;
    supervisor = createSupervisor({
      onRestart: (name, reason) => told.push(`${name}: ${reason}`),
      givesUp: (name, reason) => {
        told.push(`${name} cannot run: ${reason}`);
        return givesUp;
      },
      onChange: (processes) => {
        table = processes;
      },
    });
    await supervisor.start(fake.plan);
  });
  afterEach(() => mock.timers.reset());

  it('starts a process again that ended by itself, at once and then after growing pauses', async () => {
    assert.deepEqual(table, { one: { pid: Fake.noPid, port: 1 } });
    fake.end('exit code 1');
    await settle();
    assert.deepEqual(table, {});
    await pass(0);
    assert.deepEqual([fake.starts, table['one']?.port], [2, 2]);
    fake.end('SIGKILL');
    await pass(100);
    assert.equal(fake.starts, 2);
    await pass(100);
    assert.equal(fake.starts, 3);
    assert.deepEqual(told, ['one: exit code 1', 'one: SIGKILL']);
  });

  it('tries again when the process cannot be started, and says why', async () => {
    fake.faults = [new Error('the port is taken'), new Error('still taken')];
    fake.end('SIGKILL');
    for (const ms of [0, 200, 400]) await pass(ms);
    assert.equal(fake.starts, 2);
    assert.deepEqual(told, ['one: SIGKILL', 'one: the port is taken', 'one: still taken']);
  });

  it('asks whether to give up a process that cannot run with its settings, and starts it again or not', async () => {
    fake.isMisconfigured = true;
    fake.end('no log-in');
    await pass(0);
    assert.deepEqual([fake.starts, told], [2, ['one cannot run: no log-in', 'one: no log-in']]);
    givesUp = true;
    fake.end('no log-in');
    await pass(60_000);
    assert.deepEqual([fake.starts, table, told.at(-1)], [2, {}, 'one cannot run: no log-in']);
    await supervisor.stop('one', 1_000);
  });

  it('keeps a process away as long as it was asked to, once, and tells nobody', async () => {
    supervisor.keepAway('one', 60_000);
    fake.end('SIGKILL');
    await pass(59_000);
    assert.deepEqual([fake.starts, supervisor.find('one'), told], [1, undefined, []]);
    await pass(1_000);
    assert.equal(fake.starts, 2);
    fake.end('SIGKILL');
    await pass(0);
    await pass(0);
    assert.deepEqual([fake.starts, told], [3, ['one: SIGKILL']]);
  });

  it('starts nothing again that was stopped, not even while it was away', async () => {
    supervisor.keepAway('one', 60_000);
    fake.end('SIGKILL');
    await settle();
    await supervisor.stop('one', 1_000);
    await pass(120_000);
    assert.deepEqual([fake.starts, table, supervisor.plans()], [1, {}, []]);
    assert.throws(
      () => supervisor.find('one'),
      (error) => isAppError(error, 'NOT_FOUND'),
    );
  });
});
