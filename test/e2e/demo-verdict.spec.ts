/** What the demo says at its end, of a campaign that was long enough and of one that was not. */
import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { printReport, printVerdict } from '../../apps/standalone/demo/print-report.ts';
import { makeReport, type Evidence } from '../../apps/standalone/demo/report.ts';
import type { Phase, PhaseName } from '../../apps/standalone/demo/types.ts';

const addresses = ['a@x.example', 'b@x.example'];
const received = addresses.map((to, index) => ({ to, server: 'amazon-ses', at: 10 + index })) as Evidence['received'];
const phaseOf = (name: PhaseName, from: number, to: number): Phase => ({
  name,
  rotatedOut: [],
  from,
  to,
  shareWanted: null,
});
const progress = {
  total: 2,
  pending: 0,
  inFlight: 0,
  accepted: 2,
  deferred: 0,
  bounced: 0,
  unknown: 0,
  expired: 0,
  cancelled: 0,
  deferredThenAccepted: 0,
  done: 1,
  waitingFor: null,
};
const soon = { phases: [phaseOf('all servers', 0, 20)], samples: [], progress, seconds: 1, inactiveSince: Infinity };
const inTime = {
  ...soon,
  phases: [phaseOf('all servers', 0, 9), phaseOf('smtp-primary down', 9, 20)],
  inactiveSince: 5,
};

const evidenceOf = (watched: Evidence['watched'], senderLoss: Evidence['senderLoss']): Evidence => ({
  watched,
  received,
  addresses,
  senderLoss,
  stats: [],
  bounced: new Set(),
  unknown: new Set(),
  recount: { isEqual: true, said: '' },
});

/** Names of what was not tried, exit code, and everything that was printed. */
const judge = (evidence: Evidence) => {
  const report = makeReport([], evidence);
  const log = mock.method(console, 'log', () => undefined);
  // Nothing was counted, for want of servers; that is not what is looked at here.
  const checks = report.checks.filter(({ name }) => name !== 'statistics add up');
  printReport({ ...report, checks }, []);
  const code = printVerdict({ ...report, checks });
  const said = log.mock.calls.map(({ arguments: words }) => words.join(' ')).join('\n');
  log.mock.restore();
  return { untried: checks.filter(({ holds }) => holds === null).length, code, said };
};

const lossOf = (unknown: number) => ({
  added: 'sender-4',
  killed: 'sender-2',
  lanes: 3,
  takenOverAfterSeconds: 9,
  unknown,
  unknownAllowed: 96,
});

describe('the verdict of the demo', () => {
  it('is that every promise held when each was tried', () => {
    const { untried, code, said } = judge(evidenceOf(inTime, lossOf(4)));
    assert.deepEqual([untried, code], [0, 0]);
    assert.match(said, /ok +the others go on while smtp-primary is down \(2 mails/);
    assert.match(said, /Every promise held\./);
  });

  it('never says so of what was not tried, and recommends more recipients', () => {
    const { untried, code, said } = judge(evidenceOf(soon, null));
    assert.deepEqual([untried, code], [4, 3]);
    assert.equal(said.match(/not tried, the campaign was over/g)?.length, 4);
    assert.doesNotMatch(said, /Every promise held|undefined/);
    assert.match(said, /4 of \d+ promises were not tried.*--recipients 5000/);
  });

  it('is that a promise was broken, whatever else was not tried', () => {
    assert.equal(judge(evidenceOf(soon, lossOf(97))).code, 1);
    assert.equal(judge({ ...evidenceOf(soon, null), received: received.slice(1) }).code, 1);
  });
});
