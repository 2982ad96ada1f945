/** Asks before each step whether a message is still to be sent, and ends it when it is not. */
import { mayBeFrom, type CampaignStatus } from '@sendpool/contracts';
import type { GivenBack } from '../domain/lane-types.ts';
import type { Context } from './context.ts';
import { serversFailed, withoutTry } from './report.ts';
import type { Server } from './server.ts';
import type { Task } from './task.ts';

/** Whether the server may send From the domain of the message's campaign. */
export const mayCarry = ({ campaigns }: Context, { config }: Server, { message }: Task): boolean => {
  const campaign = campaigns.get(message.request.campaignId);
  return campaign === undefined || mayBeFrom(config.fromDomains, campaign.fromDomain);
};

/** Why a message is given back whose servers are at a declared limit, as in `LIMITED:messagesPerDay`. */
export const limitReason = (limit: string | null): string => (limit === null ? 'LIMITED' : `LIMITED:${limit}`);

/** Ends a message of which no server accepted anything: a started one with an outcome, another one is given back. */
export const endUntried = (context: Context, task: Task, end: GivenBack): void => {
  if (task.started) context.keeper.finish(task.message, withoutTry(task, end));
  else context.keeper.giveBack(task.message, end);
  context.observer.ended({ serverId: null, provider: task.provider, outcome: end.outcome, latencyMs: null });
};

/** A started message that failed at every server while these take others, or may not try more of them now: it waits its time like one that a server deferred. */
export const endFailed = (context: Context, task: Task, reason = 'SERVERS_FAILED'): void => {
  context.keeper.finish(task.message, { ...serversFailed(task), reason });
  context.observer.ended({ serverId: null, provider: task.provider, outcome: 'DEFERRED', latencyMs: null });
};

const endFor = (status: CampaignStatus | undefined): GivenBack =>
  status === 'CANCELLED'
    ? { outcome: 'CANCELLED', reason: 'CANCELLED' }
    : { outcome: 'RELEASED', reason: status ?? 'NO_CAMPAIGN' };

/** Messages of a lane that was taken away: a started one ends, since nothing of it was accepted; another one is forgotten. */
const endLost = (context: Context, task: Task): void => {
  if (task.started) endUntried(context, task, { outcome: 'RELEASED', reason: 'LANE_LOST' });
};

/** True when the lane is still ours and the campaign still sends. Otherwise the message is ended or forgotten here. */
export const isWanted = (context: Context, task: Task): boolean => {
  if (!context.keeper.isAlive(task.message)) {
    endLost(context, task);
    return false;
  }
  const status = context.campaigns.get(task.message.request.campaignId)?.status;
  if (status === 'SENDING') return true;
  endUntried(context, task, endFor(status));
  return false;
};
