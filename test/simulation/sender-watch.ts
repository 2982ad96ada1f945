/** A sender of the simulation, and what is watched while it works: promises that can be seen broken only at that moment. */
import type { DeliveryEvent } from '@sendpool/contracts';
import type { LaneKeeper, LedgerEpoch, ReadyMessage, Report } from '../../apps/sender/src/domain/lane-keeper.ts';
import { decodeLedger, recordState } from '../../apps/sender/src/domain/ledger.ts';
import type { FakeEpoch } from './fake-consumer.ts';
import { ownerOf } from './fake-log.ts';
import { publicationOf } from './fake-smtp.ts';
import { longGraceMs, sizes, type CampaignView, type System } from './system.ts';
import { violate, type Life } from './world.ts';

export type Sender = {
  readonly life: Life;
  readonly system: System;
  readonly view: Map<string, CampaignView>;
  /** Publications whose conversation runs in this process. */
  readonly running: Set<string>;
  /** … and those that it has finished. */
  readonly finished: Set<string>;
  /** For the plant that renumbers: what the sequence really is. */
  readonly renumbered: Map<string, number>;
  /** Who this process was in each generation. */
  readonly members: Map<number, string>;
  keeper: LaneKeeper;
};

export const keyOf = ({ request }: ReadyMessage): string => `${request.campaignId.slice(1)}:${request.recipient}`;

/** A process never doubts what it is doing itself, or has done. */
export const checkDoubt = ({ system, running, finished }: Sender, event: DeliveryEvent): void => {
  if (event.type !== 'OUTCOME' || event.reason !== 'SENDER_LOST') return;
  const publication = publicationOf(event);
  if (running.has(publication)) violate(system.world, 'unknown-while-running', publication);
  if (finished.has(publication)) violate(system.world, 'unknown-though-finished', publication);
};

export const checkStart = (sender: Sender, { request, generation }: ReadyMessage): void => {
  const { life, system, view } = sender;
  const revision = view.get(request.campaignId)?.revision ?? 0;
  if (revision < request.campaignRevision) {
    violate(
      system.world,
      'sent-with-old-view',
      `${publicationOf(request)} needs revision ${request.campaignRevision}, has ${revision}`,
    );
  }
  if (ownerOf(system.groups.sender, request.lane) !== sender.members.get(generation))
    violate(system.world, 'started-in-old-epoch', publicationOf(request));
  const stopped = system.stoppedAt.get(request.campaignId) ?? Infinity;
  const recently = system.world.now - 1500;
  if (stopped < recently && life.lastFault < recently) violate(system.world, 'sent-after-stop', publicationOf(request));
};

/** Notes that the conversation runs: no other one with the same recipient may, as long as the grace is longer than both. */
export const alone = async (sender: Sender, message: ReadyMessage, talk: () => Promise<Report>): Promise<Report> => {
  const { life, system, running } = sender;
  const publication = publicationOf(message.request);
  const key = keyOf(message);
  const others = system.conversations.get(key) ?? new Set();
  const isDouble = [...others].some((other) => other.isAlive);
  if (isDouble && system.policy.unknownGraceMs >= longGraceMs)
    violate(system.world, 'two-conversations', `r${key} ${publication}`);
  system.conversations.set(key, others.add(life));
  running.add(publication);
  const report = await talk();
  running.delete(publication);
  sender.finished.add(publication);
  others.delete(life);
  return report;
};

const startedIn = (metadata: string): number => {
  const ledger = decodeLedger(metadata);
  if (ledger === undefined) return 0;
  return ledger.carried.length + ledger.states.filter((state) => state === recordState.STARTED).length;
};

/** The epoch as the keeper gets it: what it inherits is looked at first. */
export const watchedEpoch = (sender: Sender, epoch: FakeEpoch): LedgerEpoch => ({
  ...epoch,
  committed: async (lane) => {
    const position = await epoch.committed(lane);
    const started = startedIn(position?.metadata ?? '');
    if (started > sizes.started) violate(sender.system.world, 'more-than-W', `lane ${lane} has ${started} started`);
    return position;
  },
});
