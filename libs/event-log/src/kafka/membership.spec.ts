import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Line } from './coordinator.ts';
import { KafkaError } from './faults.ts';
import { createMembership, type Membership } from './membership.ts';
import type { RequestName } from './protocol.ts';

type Sent = [name: RequestName, memberId: string];

const nothing = (): undefined => undefined;

/** A member whose coordinator answers as the spec says; `sent` fills with what it is asked. */
const createMember = (
  answer: (name: RequestName, ask: { memberId: string }) => Promise<unknown>,
  reached: Promise<void> = Promise.resolve(),
): { member: Membership; sent: Sent[] } => {
  const sent: Sent[] = [];
  const request = (name: RequestName, ask: { memberId: string }): Promise<unknown> => {
    sent.push([name, ask.memberId]);
    return name === 'LeaveGroup' ? Promise.resolve({}) : answer(name, ask);
  };
  const member = createMembership({
    topic: 'topic',
    group: 'group',
    coordinator: {
      // Only joining waits.
      reach: async () => {
        await reached;
        return { request } as unknown as Line;
      },
      drop: nothing,
      close: nothing,
    },
    memory: { takeOver: () => [], remember: nothing, forget: nothing },
    countPartitions: () => Promise.resolve(1),
    sessionMs: 1000,
    rebalanceMs: 1000,
  });
  return { member, sent };
};

test('a member that was closed before it had asked to join does not ask any more', async () => {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const { member, sent } = createMember(() => new Promise(() => undefined), reached);
  const joining = member.join();
  await member.close();
  resolve();
  await assert.rejects(joining, { type: 'CLOSED' });
  assert.deepEqual(sent, []);
});

test('a member that was closed while it asked for its id does not join under it, and leaves', async () => {
  const { promise: asked, reject } = Promise.withResolvers<never>();
  const { member, sent } = createMember(() => asked);
  const joining = member.join();
  while (sent.length === 0) await Promise.resolve();
  await member.close();
  reject(new KafkaError('MEMBER_ID_REQUIRED', 'join under it', { passes: true, memberId: 'one' }));
  await assert.rejects(joining, { type: 'CLOSED' });
  assert.deepEqual(sent, [
    ['JoinGroup', ''],
    ['LeaveGroup', 'one'],
  ]);
});

test('a member whose join is answered after it was closed leaves at once: the group does not wait for its session', async () => {
  const { promise: answer, resolve } = Promise.withResolvers<object>();
  const { member, sent } = createMember(() => answer);
  const joining = member.join();
  while (sent.length === 0) await Promise.resolve();
  await member.close();
  resolve({ generationId: 1, memberId: 'late', leaderId: 'other', members: [] });
  await assert.rejects(joining, { type: 'CLOSED' });
  assert.deepEqual(sent, [
    ['JoinGroup', ''],
    ['LeaveGroup', 'late'],
  ]);
});
