import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { messageFor } from './harness.fixture.ts';
import { outcomesOf, setUp } from './sinks.fixture.ts';

describe('a lane that is lost', () => {
  it('what is withdrawn is forgotten, what is started and not in conversation ends as RELEASED, and nothing more begins', async () => {
    await using run = await setUp({ a: 1 }, { a: { delayMs: 5 } });
    const messages = Array.from({ length: 100 }, (_, recipient) => messageFor(recipient));
    for (const message of messages) run.dispatcher.offer(message);
    await run.untilEnded(10);
    const begun = run.sink('a').received.length + run.dispatcher.status()[0]!.inFlight;
    run.dispatcher.withdraw(messages);
    run.dispatcher.standDown();
    const [state] = run.dispatcher.status();
    assert.deepEqual([state?.queued, state?.inFlight], [0, 2]);
    await sleep(100);
    assert.ok(run.sink('a').received.length <= begun);
    assert.equal(run.keeper.givenBack.size, 0);
    const reasons = [...run.keeper.finished.values()].flat().map(({ outcome, reason }) => `${outcome} ${reason}`);
    assert.ok(reasons.includes('RELEASED LANE_LOST'));
  });

  it('their connections go with them, when they are idle or once their message has ended; new lanes open new ones', async () => {
    const reply = Promise.withResolvers<void>();
    await using run = await setUp(
      { a: 1 },
      { a: { onMail: ({ to }) => (to.startsWith('r9@') ? reply.promise : undefined) } },
    );
    run.offer(8, 10);
    await run.untilEnded(1);
    await run.until(({ connections, inFlight }) => connections === 2 && inFlight === 1);
    run.dispatcher.standDown();
    await run.until(({ connections }) => connections === 1);
    reply.resolve();
    await run.until(({ connections }) => connections === 0);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 2 });
    run.dispatcher.settings.lanes(new Set([0]));
    run.offer(10, 12);
    await run.untilEnded(4);
    await run.until(({ connections }) => connections === 2);
  });

  it('before the keeper has said so: the next conversations do not begin, and started messages end as RELEASED', async () => {
    await using run = await setUp({ a: 1 }, { a: { delayMs: 5 } });
    run.offer(0, 100);
    await run.untilEnded(10);
    run.keeper.isLost = true;
    const begun = run.sink('a').received.length + run.dispatcher.status()[0]!.inFlight;
    await sleep(100);
    assert.ok(run.sink('a').received.length <= begun);
    const lost = [...run.keeper.finished.values()].flat().filter(({ outcome }) => outcome === 'RELEASED');
    assert.ok(lost.length > 0);
    for (const { reason } of lost) assert.equal(reason, 'LANE_LOST');
  });
});
