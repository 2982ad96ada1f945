/** The fresh messages of a lane on their way to the dispatcher, each campaign's for themselves: one that sends slowly holds back no other. */
import type { Keeper, OwnedLane, Slot } from './keeper-state.ts';

export type CampaignQueue = { readonly waiting: Slot[]; readonly offered: Set<Slot> };

export const enqueue = ({ queues }: OwnedLane, slot: Slot): void => {
  slot.phase = 'QUEUED';
  const { campaignId } = slot.request;
  const queue = queues.get(campaignId);
  if (queue === undefined) queues.set(campaignId, { waiting: [slot], offered: new Set() });
  else queue.waiting.push(slot);
};

const dropIfEmpty = ({ queues }: OwnedLane, campaignId: string, { waiting, offered }: CampaignQueue): void => {
  if (waiting.length + offered.size === 0) queues.delete(campaignId);
};

/** Offers what each campaign may have offered at once; messages that were given back meanwhile are passed over. */
export const offerFresh = (keeper: Keeper, owned: OwnedLane): void => {
  for (const [campaignId, queue] of owned.queues) {
    while (queue.offered.size < keeper.deps.limits.offered && queue.waiting.length > 0) {
      const slot = queue.waiting.shift()!;
      if (slot.phase !== 'QUEUED') continue;
      slot.phase = 'OFFERED';
      queue.offered.add(slot);
      keeper.deps.onReady(slot);
    }
    dropIfEmpty(owned, campaignId, queue);
  }
};

/** The message is started or given back: another one of its campaign may be offered. */
export const unoffer = (owned: OwnedLane, slot: Slot): void => {
  const { campaignId } = slot.request;
  const queue = owned.queues.get(campaignId);
  if (queue?.offered.delete(slot) === true) dropIfEmpty(owned, campaignId, queue);
};

export const offeredIn = ({ queues }: OwnedLane): Slot[] =>
  [...queues.values()].flatMap(({ offered }) => Array.from(offered));
