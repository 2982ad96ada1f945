import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { observeEventLog, type EventLogObserver } from './observed.ts';
import type { ConsumeOptions, Epoch, EventLog } from './port.ts';

type Told = [name: string, ...unknown[]];

const recorder = (told: Told[]): EventLogObserver => ({
  published: ({ topic, records, isDurable }) => told.push(['published', topic, records, isDurable]),
  committed: ({ group, isDurable }) => told.push(['committed', group, isDurable]),
  epochBegan: (group, partitions) => told.push(['began', group, [...partitions]]),
  epochEnded: (group, reason) => told.push(['ended', group, reason]),
  consumerFailed: (group) => told.push(['failed', group]),
});

const refused = (): Promise<never> => Promise.reject(new Error('refused'));

const fakeEpoch = (commit: Epoch['commit']): Epoch => ({
  generation: 3,
  memberId: 'member',
  partitions: [0, 2],
  isAlive: () => true,
  committed: () => Promise.resolve(undefined),
  commit,
  pause: () => undefined,
  resume: () => undefined,
});

/** A log whose consumer is played by hand. */
const fakeLog = (publish: EventLog['publish']) => {
  const given: { options?: ConsumeOptions } = {};
  const consume: EventLog['consume'] = (options) => {
    given.options = options;
    return Promise.resolve({ close: () => Promise.resolve() });
  };
  return { eventLog: { publish, consume } as EventLog, given };
};

const record = { partition: 0, key: null, value: '' };

describe('an observed event log', () => {
  it('tells of each append with its records, and hands a refusal on', async () => {
    const told: Told[] = [];
    const well = observeEventLog(fakeLog(() => Promise.resolve()).eventLog, recorder(told));
    await well.publish('topic', [record, record]);
    await assert.rejects(observeEventLog(fakeLog(refused).eventLog, recorder(told)).publish('topic', [record]));
    assert.deepEqual(told, [
      ['published', 'topic', 2, true],
      ['published', 'topic', 1, false],
    ]);
  });

  it('tells of epochs and commits, and shows the consumer one object for one epoch', async () => {
    const told: Told[] = [];
    const seen: Epoch[] = [];
    const { eventLog, given } = fakeLog(() => Promise.resolve());
    await observeEventLog(eventLog, recorder(told)).consume({
      topic: 'topic',
      group: 'group',
      onAssigned: async (epoch) => {
        seen.push(epoch);
        await epoch.commit([]);
        return undefined;
      },
      onBatch: async (_batch, epoch) => void seen.push(epoch),
      onRevoked: async (epoch) => void seen.push(epoch),
    });
    const epoch = fakeEpoch(() => Promise.resolve());
    await given.options!.onAssigned(epoch);
    await given.options!.onBatch({ partition: 0, records: [] }, epoch);
    await given.options!.onRevoked(epoch, 'LOST');
    given.options!.onError!(new Error('away'));
    assert.equal(new Set(seen).size, 1);
    assert.deepEqual(told, [
      ['began', 'group', [0, 2]],
      ['committed', 'group', true],
      ['ended', 'group', 'LOST'],
      ['failed', 'group'],
    ]);
  });

  it('tells of a commit that was refused', async () => {
    const told: Told[] = [];
    const { eventLog, given } = fakeLog(() => Promise.resolve());
    await observeEventLog(eventLog, recorder(told)).consume({
      topic: 'topic',
      group: 'group',
      onAssigned: async (epoch) => epoch.commit([]).then(() => undefined),
      onBatch: async () => undefined,
      onRevoked: async () => undefined,
    });
    await assert.rejects(given.options!.onAssigned(fakeEpoch(refused)));
    assert.deepEqual(told.at(-1), ['committed', 'group', false]);
  });
});
