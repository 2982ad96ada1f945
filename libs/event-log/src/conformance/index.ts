/** The conformance suite of the event-log port: what every adapter must do, in cases that each can fail. */
import { after, before, describe, test } from 'node:test';
import { compactedCases } from './compacted-cases.ts';
import { deliveryCases } from './delivery-cases.ts';
import { faultCases } from './fault-cases.ts';
import { groupCases } from './group-cases.ts';
import type { Check, CreateHarness, Harness, Peer } from './harness.ts';
import { logCases } from './log-cases.ts';
import { tailCases } from './tail-cases.ts';

export type { CreateHarness, Harness, Peer } from './harness.ts';
export { createLink, type Link } from './link.ts';

/** Call it in a spec. All cases share one log and run side by side, each with topics and processes of its own. */
export const describeEventLog = (name: string, createHarness: CreateHarness): void => {
  describe(`the event log on ${name}`, { concurrency: 4 }, () => {
    let harness: Harness | undefined;
    before(async () => {
      harness = await createHarness();
    });
    after(() => harness?.close());
    const check: Check = (title, run) => {
      test(title, async () => {
        const peers: Peer[] = [];
        const connect = async (peer: string): Promise<Peer> => {
          const connected = await harness!.connect(peer);
          peers.push(connected);
          return connected;
        };
        try {
          await run(connect);
        } finally {
          await Promise.all(peers.map((peer) => peer.close()));
        }
      });
    };
    for (const cases of [logCases, compactedCases, tailCases, groupCases, deliveryCases, faultCases]) cases(check);
  });
};
