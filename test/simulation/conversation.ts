/** What a sender of the simulation does with a message that it may send: asks, starts it, speaks, and reports. */
import type { Outcome } from '@sendpool/contracts';
import type { ReadyMessage, Report } from '../../apps/sender/src/domain/lane-keeper.ts';
import { speak } from './fake-smtp.ts';
import { alone, checkStart, keyOf, type Sender } from './sender-watch.ts';
import { sleep } from './world.ts';

const blank = {
  poolId: 'pool',
  provider: 'other',
  reply: null,
  bounceClass: null,
  reason: null,
  hops: [],
  latencyMs: null,
};

const replyReport = (outcome: Outcome): Report => ({
  ...blank,
  outcome,
  serverId: 'server',
  latencyMs: 1,
  bounceClass: outcome === 'BOUNCED' ? 'HARD' : null,
});

const untried = (outcome: 'RELEASED' | 'CANCELLED', reason: string): Report => ({
  ...blank,
  outcome,
  reason,
  serverId: null,
});

/** Why the message must not be sent now. */
const objection = (
  sender: Sender,
  { request }: ReadyMessage,
): { outcome: 'RELEASED' | 'CANCELLED'; reason: string } | undefined => {
  const status = sender.view.get(request.campaignId)?.status;
  if (status === 'CANCELLED') return { outcome: 'CANCELLED', reason: 'CANCELLED' };
  if (status !== 'SENDING') return { outcome: 'RELEASED', reason: 'PAUSED' };
  if (sender.system.world.now < sender.system.noServerUntil) return { outcome: 'RELEASED', reason: 'NO_SERVER' };
  return undefined;
};

const converse = async (sender: Sender, message: ReadyMessage): Promise<Report> => {
  for (let hop = 0; hop < 3; hop++) {
    if (!sender.keeper.isAlive(message)) return untried('RELEASED', 'LANE_LOST');
    const spoken = await speak(sender.system.smtp, sender.life, { request: message.request, key: keyOf(message) });
    if (spoken.kind === 'REPLY') return replyReport(spoken.outcome);
    if (spoken.kind === 'NO_REPLY') return { ...replyReport('UNKNOWN'), latencyMs: null, reason: 'NO_REPLY' };
  }
  return untried('RELEASED', 'NO_SERVER');
};

export const deliver = async (sender: Sender, message: ReadyMessage): Promise<void> => {
  await sleep(sender.life, sender.system.world.random.between(0, 10));
  const reason = objection(sender, message);
  if (reason !== undefined) return sender.keeper.giveBack(message, reason);
  if (!(await sender.keeper.start(message))) return undefined;
  checkStart(sender, message);
  const report = await alone(sender, message, () => converse(sender, message));
  return sender.keeper.finish(message, report);
};
