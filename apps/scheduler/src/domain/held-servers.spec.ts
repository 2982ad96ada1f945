import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { alwaysIn, type SendingServerConfig } from '@sendpool/contracts';
import { poolRecord } from '@sendpool/testing';
import { createHeldServers, heldBy, type HeldServers } from './held-servers.ts';
import { createSendingView, type SendingView } from './sending-view.ts';
import { aCampaign, aServer } from './testing.ts';

let now = 0;
let view: SendingView;
let held: HeldServers;

const campaign = aCampaign();
const say = (serverId: string, limitedBy: string | null, source = 'sender') =>
  held.put({ serverId, limitedBy, source });

beforeEach(() => {
  view = createSendingView();
  held = createHeldServers(() => now);
  for (const id of ['a', 'b']) view.apply(aServer({ id }));
  view.apply(poolRecord({ a: 1, b: 1 }));
});

describe('a campaign waits for a limit in the senders', () => {
  it('when every server of its pool is held back, and is told which limit it is when it is one', () => {
    say('a', 'messagesPerMinute');
    assert.equal(heldBy(view, held, campaign), null);
    say('b', 'messagesPerMinute');
    assert.equal(heldBy(view, held, campaign), 'LIMITED:messagesPerMinute');
    say('b', 'messagesPerDay');
    assert.equal(heldBy(view, held, campaign), 'LIMITED');
  });

  it('until the senders say something else, or nothing for a quarter of a minute', () => {
    for (const id of ['a', 'b']) say(id, 'messagesPerDay');
    now += 15_000;
    assert.equal(heldBy(view, held, campaign), 'LIMITED:messagesPerDay');
    now += 1;
    assert.equal(heldBy(view, held, campaign), null);
    for (const id of ['a', 'b']) say(id, 'messagesPerDay');
    say('a', null);
    assert.equal(heldBy(view, held, campaign), null);
  });

  it('when one of the senders says so: each holds back its own part', () => {
    for (const id of ['a', 'b']) say(id, 'messagesPerDay', 'one');
    for (const id of ['a', 'b']) say(id, null, 'two');
    assert.equal(heldBy(view, held, campaign), 'LIMITED:messagesPerDay');
  });

  it('whatever servers do that it may not use', () => {
    const patches: Partial<SendingServerConfig>[] = [
      { state: 'INACTIVE' },
      { verified: false },
      { fromDomains: ['other.example'] },
    ];
    let revision = 1;
    say('a', 'messagesPerDay');
    for (const patch of patches) {
      view.apply(aServer({ id: 'b', revision: (revision += 1), ...patch }));
      assert.equal(heldBy(view, held, campaign), 'LIMITED:messagesPerDay');
    }
    view.apply(aServer({ id: 'b', revision: (revision += 1) }));
    assert.equal(heldBy(view, held, campaign), null);
    const out = { ...alwaysIn, state: 'OUT' as const };
    const { members } = poolRecord({ a: 1, b: 1 });
    view.apply(poolRecord({}, { revision: 2, members: [members[0]!, { ...members[1]!, rotation: out }] }));
    assert.equal(heldBy(view, held, campaign), 'LIMITED:messagesPerDay');
  });

  it('not for a limit towards one mailbox provider, nor without a pool', () => {
    for (const id of ['a', 'b']) say(id, 'gmail messagesPerDay');
    assert.equal(heldBy(view, held, campaign), null);
    assert.equal(heldBy(view, held, { ...campaign, poolId: 'nobody' }), null);
  });
});
