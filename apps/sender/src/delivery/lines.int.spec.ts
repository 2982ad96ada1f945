/** Connections that end while nobody looks, and connections that open while everything is closed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { openConnection } from '@sendpool/smtp';
import type { Behaviour, Fault } from '@sendpool/testing';
import { breakerLimits } from '../domain/breaker.ts';
import { createHarness } from './harness.fixture.ts';
import { recipients, recipientsAt, setUp } from './sinks.fixture.ts';

const connections = 4;

/** One failure that counts opens the breaker. */
const strict = { ...breakerLimits, failures: 1 };
const timeouts = { connect: 1000, command: 300, afterDot: 2000 };

type Run = Awaited<ReturnType<typeof setUp>>;

const strictHarness = () =>
  createHarness({ settings: { breaker: strict }, open: (server) => openConnection(server, { timeouts }) });

/** One server alone, with `connections` of them open and idle. */
const setUpIdle = async (): Promise<Run> => {
  const run = await setUp({ a: 1 }, { a: { connections, delayMs: 40 } }, strictHarness());
  run.offer(0, connections);
  await run.untilEnded(connections);
  assert.equal(run.sink('a').totalConnections, connections);
  return run;
};

/** What the server would look like if nothing had happened. */
const assertWell = (run: Run, count: number): void => {
  const [a] = run.dispatcher.status();
  const { breaker, connectionPlan, rateFactor, failovers, lastError } = a!;
  assert.deepEqual(
    { breaker, connectionPlan, rateFactor, failovers, lastError },
    { breaker: 'CLOSED', connectionPlan: connections, rateFactor: 1, failovers: 0, lastError: null },
  );
  const ends = [...run.keeper.finished.values()].flat();
  assert.ok(ends.every(({ outcome, hops }) => outcome === 'ACCEPTED' && hops.length === 0));
  assert.deepEqual(recipientsAt(run.sink('a')), recipients(count));
};

const replies = (code: number, text: string): Fault => ({ at: 'MAIL', do: 'REPLY', code, text });

const ways: readonly (readonly [how: string, fault: Fault])[] = [
  ['is closed', { at: 'MAIL', do: 'CLOSE' }],
  ['is reset', { at: 'MAIL', do: 'RESET' }],
  ['is closed after MAIL was taken', { at: 'RCPT', do: 'CLOSE' }],
  ['says nothing any more', { at: 'MAIL', do: 'HANG' }],
  ['answers 421 4.4.2', replies(421, '4.4.2 timeout exceeded')],
  ['answers 421 alone', replies(421, 'closing')],
  ['answers 451 4.4.2, as Amazon SES does', replies(451, '4.4.2 Timeout waiting for data from client.')],
  [
    'answers 451 and says that the time is out, as Exchange does',
    replies(451, '4.7.0 Timeout waiting for client input'),
  ],
];

/** Connections of the first `count` meet the fault. */
const atFirst =
  (count: number, fault: Fault): Behaviour =>
  ({ connection }) =>
    connection <= count ? fault : undefined;

describe('a connection that was idle', { concurrency: 4 }, () => {
  for (const [how, fault] of ways)
    for (const count of [1, connections])
      it(`and ${how}, ${count} at once: each message goes over a fresh one to the same server, and nothing counts`, async () => {
        await using run = await setUpIdle();
        run.sink('a').setBehaviour(atFirst(connections, fault));
        run.offer(connections, connections + count);
        await run.untilEnded(connections + count);
        assertWell(run, connections + count);
        assert.equal(run.sink('a').totalConnections, connections + count);
      });

  it('and has never carried anything is no better', async () => {
    await using run = await setUp({ a: 1 }, { a: { connections } }, strictHarness());
    run.sink('a').setBehaviour(atFirst(1, { at: 'MAIL', do: 'RESET' }));
    run.keeper.startMs = 200;
    run.offer(0, 1);
    await run.untilEnded(1);
    assertWell(run, 1);
    assert.equal(run.sink('a').totalConnections, 2);
  });

  it('says nothing in favour of a server that then fails over a fresh one', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { connections: 1 } }, strictHarness());
    run.offer(0, 2);
    await run.untilEnded(2);
    run.sink('a').setBehaviour(() => ({ at: 'MAIL', do: 'RESET' }));
    run.offer(2, 4);
    await run.untilEnded(4);
    assert.deepEqual(
      run.dispatcher.status().map(({ breaker, failovers }) => [breaker, failovers]),
      [
        ['OPEN', 1],
        ['CLOSED', 0],
      ],
    );
    assert.deepEqual(recipientsAt(run.sink('a'), run.sink('b')), recipients(4));
  });

  it('and is told when to come again belongs to a server that is asked too much', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { connections: 1 } }, strictHarness());
    run.offer(0, 2);
    await run.untilEnded(2);
    run.sink('a').setBehaviour(atFirst(1, replies(421, '4.7.0 try again in 5 minutes')));
    run.offer(2, 4);
    await run.untilEnded(4);
    assert.equal(run.dispatcher.status()[0]?.rateFactor, 0.7);
    assert.deepEqual(recipientsAt(run.sink('a'), run.sink('b')), recipients(4));
  });
});

describe('a server that ends each connection after so many messages', () => {
  it('keeps all its connections and loses no message to another one, whenever they end', async () => {
    await using run = await setUp({ a: 1 }, { a: { connections, delayMs: 2 } }, strictHarness());
    const carried = new Map<number, number>();
    run.sink('a').setBehaviour(({ stage, connection }) => {
      if (stage !== 'MAIL') return undefined;
      carried.set(connection, (carried.get(connection) ?? 0) + 1);
      return carried.get(connection)! > 3 ? replies(421, '4.7.0 too many messages in this session') : undefined;
    });
    run.offer(0, 120);
    await run.untilEnded(120);
    assertWell(run, 120);
  });
});

const untilEmpty = async ({ sink }: Run): Promise<void> => {
  const end = performance.now() + 3000;
  while (sink('a').connections > 0 && performance.now() < end) await sleep(5);
  assert.equal(sink('a').connections, 0);
};

describe('closing', () => {
  for (const [what, before] of [
    ['a connection that is being opened', 0],
    ['one that takes the place of an idle one', connections],
  ] as const)
    it(`closes ${what} when it is open, and sends nothing over it`, async () => {
      const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let free = before;
      const harness = createHarness({
        open: async (server) => {
          free -= 1;
          if (free < 0) {
            asked.resolve();
            await gate.promise;
          }
          return openConnection(server);
        },
      });
      await using run = await setUp({ a: 1 }, { a: { connections, delayMs: 40 } }, harness);
      run.offer(0, before);
      await run.untilEnded(before);
      run.sink('a').setBehaviour(atFirst(before, { at: 'MAIL', do: 'RESET' }));
      run.offer(before, before + 1);
      await asked.promise;
      run.keeper.isLost = true;
      run.dispatcher.close();
      gate.resolve();
      await sleep(100);
      await untilEmpty(run);
      assert.equal(run.sink('a').totalConnections, before + 1);
      assert.deepEqual(recipientsAt(run.sink('a')), recipients(before));
    });
});
