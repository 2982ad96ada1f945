import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OutcomeEvent, RecipientState, UnknownPolicy } from '@sendpool/contracts';
import { outcomeRecord, type ReceivedMail } from '@sendpool/testing';
import { emptyLedger, encodeLedger } from '../../apps/sender/src/domain/ledger.ts';
import type { Evidence, LaneEnd, RecipientEnd, Run, Struck } from './evidence.ts';
import { verify } from './verify.ts';

const people = ['ann', 'bob'];

const outcome = (recipient: number, sequence: number, change: Partial<OutcomeEvent> = {}): OutcomeEvent =>
  outcomeRecord({ sequence, recipient, at: 1_000, poolId: 'p1', serverId: 's1', latencyMs: 10, ...change });

const mail = (name: string, change: Partial<ReceivedMail> = {}): ReceivedMail => ({
  at: 1_000,
  from: 'a@x.test',
  to: `${name}@x.test`,
  messageId: name,
  campaign: 'c1',
  size: 1,
  server: 'alpha',
  ...change,
});

const end = (recipient: number, state: RecipientState = 'ACCEPTED', tries = 1): RecipientEnd => ({
  campaignId: 'c1',
  recipient,
  email: `${people[recipient]}@x.test`,
  state,
  tries,
});

const lane = (change: Partial<LaneEnd> = {}): LaneEnd => ({
  lane: 0,
  lastSequence: 1,
  leaseMs: 9_000,
  requests: { end: 2, committed: 2, ledger: encodeLedger({ ...emptyLedger, lastSequence: 1 }) },
  events: { end: 2, scheduler: 2, stats: 2 },
  ...change,
});

const counts = (change: Partial<Record<RecipientState, number>>): Record<string, number> => ({
  PENDING: 0,
  IN_FLIGHT: 0,
  ACCEPTED: 0,
  DEFERRED: 0,
  BOUNCED: 0,
  EXPIRED: 0,
  SUPPRESSED: 0,
  UNKNOWN: 0,
  CANCELLED: 0,
  ...change,
});

type Change = {
  run?: Partial<Run>;
  policy?: UnknownPolicy;
  /** Of the API and of the counters alike. */
  counts?: Partial<Record<RecipientState, number>>;
  accepted?: number;
} & Partial<Omit<Evidence, 'run'>>;

/** Two recipients of one campaign, both accepted by one server. */
const evidence = (change: Change = {}): Evidence => {
  const states = counts(change.counts ?? { ACCEPTED: 2 });
  const campaign = { id: 'c1', size: 2, status: 'FINISHED', acceptedBy: { s1: change.accepted ?? 2 } };
  const run: Run = {
    seed: 1,
    scenario: 'mixed',
    policy: 'BOTH',
    log: 'POSTGRES',
    plant: null,
    commit: 'none',
    began: 0,
    ended: 60_000,
    sessionMs: 10_000,
    afterDotMs: 8_000,
    startedPerLane: 32,
    mostTries: 20,
    servers: [{ id: 's1', name: 'alpha' }],
    campaigns: [{ ...campaign, policy: change.policy ?? 'HOLD', progress: states }],
    counters: [{ campaignId: 'c1', counts: states }],
    lanes: [lane()],
    endings: [],
    unready: [],
    recount: { isEqual: true, said: 'The numbers are equal.' },
    ...change.run,
  };
  return {
    run,
    faults: change.faults ?? [],
    recipients: change.recipients ?? [end(0), end(1)],
    events: change.events ?? [outcome(0, 0), outcome(1, 1)],
    cuts: change.cuts ?? [],
    mails: change.mails ?? [mail('ann'), mail('bob')],
    holdings: change.holdings ?? new Map(),
  };
};

const brokenIn = (change: Change): number[] =>
  verify(evidence(change))
    .filter(({ holds }) => !holds)
    .map(({ name }) => Number.parseInt(name, 10));

const killed: Struck = { atMs: 0, at: 900, fault: 'KILL', kind: 'sender', target: 'sender-1', forMs: 0 };
const holdings = new Map([['sender-1', [{ at: 100, lanes: [0, 1] }]]]);
const inDoubt = outcome(0, 0, { outcome: 'UNKNOWN', reason: 'SENDER_LOST', serverId: null });
/** ann is UNKNOWN, and the server may have her mail. */
const doubt: Change = {
  counts: { ACCEPTED: 1, UNKNOWN: 1 },
  accepted: 1,
  recipients: [end(0, 'UNKNOWN'), end(1)],
  events: [inDoubt, outcome(1, 1)],
};
const stopped: Struck = { ...killed, fault: 'TERM', endedAt: 1_900, ended: 'exit code 0' };

describe('verify is content with', () => {
  it('two recipients who got it once', () => assert.deepEqual(brokenIn({}), []));

  it('a doubt that a killed sender left, received or not', () => {
    assert.deepEqual(brokenIn({ ...doubt, faults: [killed], holdings }), []);
    assert.deepEqual(brokenIn({ ...doubt, faults: [killed], holdings, mails: [mail('bob')] }), []);
  });

  it('a doubt of a mail server that withheld its reply', () => {
    const events = [{ ...inDoubt, reason: 'NO_REPLY', serverId: 's1' }, outcome(1, 1)];
    assert.deepEqual(brokenIn({ ...doubt, events, mails: [mail('ann', { unanswered: true }), mail('bob')] }), []);
    assert.deepEqual(brokenIn({ ...doubt, events, mails: [mail('bob')], cuts: [mail('ann', { cut: true })] }), []);
  });

  it('a second copy under RESEND, of a publication that was in doubt', () => {
    const events = [inDoubt, outcome(1, 1), outcome(0, 2)];
    const run = { lanes: [lane({ lastSequence: 2 })] };
    const change = { events, run, faults: [killed], holdings, recipients: [end(0, 'ACCEPTED', 2), end(1)] };
    const mails = [mail('ann'), mail('ann'), mail('bob')];
    assert.deepEqual(brokenIn({ ...change, mails, policy: 'RESEND' }), []);
    assert.deepEqual(brokenIn({ ...change, mails, policy: 'HOLD' }), [3]);
  });

  it('a doubt of a sender that was asked to end while the log was away, and of no other planned stop', () => {
    const away: Struck = { ...killed, at: 400, kind: 'postgres', target: 'postgres', readyAt: 700 };
    assert.deepEqual(brokenIn({ ...doubt, faults: [away, stopped], holdings }), []);
    assert.deepEqual(brokenIn({ ...doubt, faults: [stopped], holdings }), [9]);
  });

  it('a doubt about a message that its sender itself gave back', () => {
    const back = outcome(0, 0, { outcome: 'RELEASED', reason: 'LANE_LOST', serverId: null });
    const run = { lanes: [lane({ lastSequence: 2 })] };
    for (const words of [
      [back, inDoubt],
      [inDoubt, back],
    ])
      assert.deepEqual(brokenIn({ run, events: [...words, outcome(1, 1), outcome(0, 2)] }), []);
  });

  it('a process that could not start again while the broker was away', () => {
    const run = { endings: [{ name: 'stats-1', at: 50_000, reason: 'exit code 1' }] };
    const struck: Struck = { ...killed, kind: 'stats', target: 'stats-1' };
    assert.deepEqual(brokenIn({ run, faults: [{ ...struck, readyAt: 60_000 }] }), []);
    assert.deepEqual(brokenIn({ run, faults: [{ ...struck, readyAt: 5_000 }] }), [10]);
  });

  it('the end by the signal itself of a process that still started, and of no other', () => {
    const before: Struck = { ...killed, at: stopped.at - 100, readyAt: stopped.at + 100 };
    const atOnce: Struck = { ...stopped, ended: 'SIGTERM' };
    assert.deepEqual(brokenIn({ faults: [before, atOnce] }), []);
    assert.deepEqual(brokenIn({ faults: [{ ...before, readyAt: stopped.at - 50 }, atOnce] }), [10]);
  });

  it('no failed stop, and no end, long after a fault that was skipped or took the process away', () => {
    const at = stopped.at + 500_000;
    const failed: Struck = { ...stopped, at, endedAt: at + 900, ended: 'exit code 1' };
    const run = { endings: [{ name: stopped.target, at: at + 300_000, reason: 'exit code 1' }] };
    for (const before of [{ skipped: 'it was down' }, { fault: 'REMOVE' as const }, {}]) {
      const { readyAt: _, ...struck } = killed;
      const faults: Struck[] = [{ ...struck, target: stopped.target, kind: stopped.kind, ...before }];
      assert.deepEqual(brokenIn({ faults: [...faults, failed] }), [10]);
      assert.deepEqual(brokenIn({ faults, run }), [10]);
    }
  });

  it('a planned stop in time', () => assert.deepEqual(brokenIn({ faults: [stopped] }), []));
});

describe('verify finds', () => {
  const cases: [string, Change, number[]][] = [
    [
      'a campaign that does not end',
      { run: { campaigns: [{ ...evidence().run.campaigns[0]!, status: 'SENDING' }] } },
      [0],
    ],
    [
      'a recipient that is still in flight',
      { recipients: [end(0, 'IN_FLIGHT', 0), end(1)], events: [outcome(1, 1)], mails: [mail('bob')] },
      [1, 5, 6],
    ],
    ['a recipient that is missing', { recipients: [end(1)], events: [outcome(1, 1)], mails: [mail('bob')] }, [1, 5, 6]],
    ['an ACCEPTED that no server received', { mails: [mail('bob')] }, [2, 8]],
    ['a second copy', { mails: [mail('ann'), mail('ann'), mail('bob')] }, [3, 8]],
    [
      'a bounced one that got it',
      {
        recipients: [end(0, 'BOUNCED'), end(1)],
        events: [outcome(0, 0, { outcome: 'BOUNCED' }), outcome(1, 1)],
        counts: { ACCEPTED: 1, BOUNCED: 1 },
        accepted: 1,
      },
      [4, 8],
    ],
    ['a mail to a stranger', { mails: [mail('ann'), mail('bob'), mail('eve')] }, [4]],
    ['statistics that differ from the log', { accepted: 3 }, [5]],
    ['a recount that differs', { run: { recount: { isEqual: false, said: 'The numbers DIFFER in 1 places.' } } }, [5]],
    ['a publication without an end', { run: { lanes: [lane({ lastSequence: 2 })] } }, [6]],
    ['a lag', { run: { lanes: [lane({ events: { end: 2, scheduler: 2, stats: 1 } })] } }, [6]],
    [
      'a start that is not done',
      {
        run: {
          lanes: [
            lane({
              requests: {
                end: 2,
                committed: 2,
                ledger: encodeLedger({ ...emptyLedger, states: Uint8Array.of(1) }),
              },
            }),
          ],
        },
      },
      [6],
    ],
    ['a lane that nobody holds', { run: { lanes: [lane({ leaseMs: -1 })] } }, [6]],
    ['a counter that lies', { run: { counters: [{ campaignId: 'c1', counts: counts({ ACCEPTED: 1 }) }] } }, [6]],
    ['a try too many', { recipients: [end(0, 'ACCEPTED', 2), end(1)] }, [7]],
    ['a doubt without a reason', doubt, [9]],
    ['a doubt in a lane that the killed sender did not hold', { ...doubt, faults: [killed], holdings: new Map() }, [9]],
    ['a doubt after the kill of a scheduler', { ...doubt, faults: [{ ...killed, kind: 'scheduler' }], holdings }, [9]],
    [
      'more doubt than a lost sender may leave',
      { ...doubt, faults: [killed], holdings, run: { startedPerLane: 0 } },
      [9],
    ],
    ['a stop that fails', { faults: [{ ...stopped, ended: 'exit code 1' }] }, [10]],
    ['a stop that takes too long', { faults: [{ ...stopped, endedAt: 40_000 }] }, [10]],
    ['a process that does not come back', { run: { unready: ['stats-1'] } }, [10]],
    [
      'a process that ends by itself',
      { run: { endings: [{ name: 'stats-1', at: 500, reason: 'exit code 1' }] } },
      [10],
    ],
  ];
  for (const [name, change, numbers] of cases) it(name, () => assert.deepEqual(brokenIn(change), numbers));
});
