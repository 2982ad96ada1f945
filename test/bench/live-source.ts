/** Appends made-up delivery events of some campaigns to the log at a steady rate, spread over all lanes as those of a sender are. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import { newId, sleep } from '@sendpool/kernel';
import { madeUpOutcome } from './made-up-outcome.ts';

export type Source = {
  readonly campaignIds: readonly string[];
  /** Number of the next event of each campaign. */
  next(): number[];
  /** How long each append took, milliseconds. */
  readonly appends: number[];
  stop(): Promise<void>;
};

const tickMs = 10;
/** In one append, so that a pause is not followed by a burst without end. */
const mostAtOnce = 1000;

/** `perSecond`: of each campaign. */
export const startSource = (eventLog: EventLog, lanes: number, campaigns: number, perSecond: number): Source => {
  const campaignIds = Array.from({ length: campaigns }, newId);
  const sequences = Array.from({ length: lanes }, () => 0);
  const appends: number[] = [];
  const began = performance.now();
  const stopping = new AbortController();
  let sent = 0;

  const make = () => {
    const recipient = Math.floor(sent / campaigns);
    const lane = recipient % lanes;
    const campaignId = campaignIds[sent++ % campaigns]!;
    return madeUpOutcome({ lane, sequence: sequences[lane]!++, campaignId, recipient });
  };
  const append = async (): Promise<void> => {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond * campaigns) - sent;
    if (due <= 0) return;
    const records = Array.from({ length: Math.min(due, mostAtOnce) }, make);
    const start = performance.now();
    await eventLog.publish(deliveryEventsTopic.name, records);
    appends.push(performance.now() - start);
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await append();
      await sleep(tickMs);
    }
  };
  const running = run();
  return {
    campaignIds,
    next: () => campaignIds.map((_, index) => Math.ceil((sent - index) / campaigns)),
    appends,
    stop: () => {
      stopping.abort();
      return running;
    },
  };
};
