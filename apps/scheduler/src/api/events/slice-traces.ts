/** Chooses the messages that are traced, and opens the span of each publication: from its place in the slice until the slice is durable. */
import type { TraceSpan, Tracing } from '@sendpool/service';
import type { CampaignInLane } from '../../domain/plan-slice.ts';
import type { LanePublisherDeps } from '../../domain/publish-lane.ts';

type TakeSlice = LanePublisherDeps['takeSlice'];

export type SliceTraces = {
  /** traceparent for the record; undefined for a message that is not traced. */
  traceOf(lane: number, campaign: CampaignInLane): string | undefined;
  /** Ends the spans that were opened while a slice was taken. */
  around(takeSlice: TakeSlice): TakeSlice;
};

/** `share` of the messages, 0 to 1. One process takes one slice of a lane at a time. */
export const createSliceTraces = (tracing: Tracing, share: number, random: () => number = Math.random): SliceTraces => {
  const open = new Map<number, TraceSpan[]>();
  return {
    traceOf: (lane, { id, trace }) => {
      if (random() >= share) return undefined;
      const attributes = { 'sendpool.lane': lane, 'sendpool.campaign': id };
      const span = tracing.open({ name: 'publish message', kind: 'PRODUCER', parent: trace, attributes });
      open.set(lane, [...(open.get(lane) ?? []), span]);
      return span.traceparent;
    },
    around: (takeSlice) => async (request) => {
      const end = (isFault: boolean): void => {
        for (const span of open.get(request.lane) ?? []) span.end({}, isFault);
        open.delete(request.lane);
      };
      const slice = await takeSlice(request).catch((error: unknown) => {
        end(true);
        throw error;
      });
      end(slice.kind !== 'SLICE');
      return slice;
    },
  };
};
