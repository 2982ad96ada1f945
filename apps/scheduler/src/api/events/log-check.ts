/**
 * Refuses to publish and to record in lanes whose database and log are not of the same time (docs/protocol.md, "Restore"). Looks when a
 * lane is taken and when its events are assigned, not with each slice.
 */
import type { EventLog } from '@sendpool/event-log';
import { AppError } from '@sendpool/kernel';
import type { Log, Part } from '@sendpool/service';
import { stepOf, type LaneInDatabase, type LaneStep } from '../../domain/lane-step.ts';
import { readTails } from './lane-log.ts';

export type LogCheck = Part & {
  /** False: the lane must not be published. A refusal stands for some seconds before it is looked at again. */
  mayPublish(lane: number): Promise<boolean>;
  /** Throws AppError CONFLICT when events of one of these lanes must not be recorded. */
  beforeRecording(lanes: readonly number[]): Promise<void>;
  /** False: campaigns take no steps by themselves. */
  mayTend(): boolean;
  /** Campaigns of which the log holds a newer revision than the database: nothing may be published at all. */
  campaignsAhead(ids: readonly string[]): void;
};

export type LogCheckDeps = {
  eventLog: Pick<EventLog, 'read' | 'bounds'>;
  /** How these lanes stand in the database. */
  standing(lanes: readonly number[]): Promise<ReadonlyMap<number, LaneInDatabase>>;
  /** Told how many lanes are refused. */
  refused(lanes: number): void;
  /** Told of how many campaigns the log holds a newer revision than the database. */
  ahead?(campaigns: number): void;
  log: Log;
  now(): number;
};

type Refusal = { readonly step: LaneStep; readonly at: number };

const lookAgainMs = 5000;

const advice: Readonly<Record<LaneStep, string>> = {
  IN_STEP: '',
  LOG_AHEAD: 'the event log knows more than the database, which was restored to an older state: run `restore-lanes`',
  LOG_BEHIND:
    'the event log has lost records that the database knows of: stop the senders and run `restore-lanes --log-lost`',
};

type State = { readonly deps: LogCheckDeps; readonly refusals: Map<number, Refusal>; campaigns: readonly string[] };

const note = ({ deps, refusals }: State, lane: LaneInDatabase, step: LaneStep): void => {
  if (step === 'IN_STEP') refusals.delete(lane.lane);
  else {
    refusals.set(lane.lane, { step, at: deps.now() });
    deps.log.error({ ...lane, step }, `nothing is published or recorded in lane ${lane.lane}: ${advice[step]}`);
  }
  deps.refused(refusals.size);
};

const look = async (state: State, lanes: readonly number[]): Promise<boolean> => {
  const { eventLog, standing, log } = state.deps;
  const before = await standing(lanes);
  const tails = await readTails(eventLog, lanes, log);
  const after = await standing(lanes);
  const steps = lanes.map((lane) => stepOf({ before: before.get(lane)!, after: after.get(lane)! }, tails.get(lane)!));
  lanes.forEach((lane, index) => note(state, after.get(lane)!, steps[index]!));
  return steps.every((step) => step === 'IN_STEP');
};

const isStanding = ({ deps, refusals }: State, lane: number): boolean => {
  const refusal = refusals.get(lane);
  return refusal !== undefined && deps.now() - refusal.at < lookAgainMs;
};

export const createLogCheck = (deps: LogCheckDeps): LogCheck => {
  const state: State = { deps, refusals: new Map(), campaigns: [] };
  const isSound = (): boolean => state.refusals.size === 0 && state.campaigns.length === 0;
  return {
    name: 'log-check',
    ready: isSound,
    mayTend: isSound,
    mayPublish: async (lane) => state.campaigns.length === 0 && !isStanding(state, lane) && (await look(state, [lane])),
    beforeRecording: async (lanes) => {
      if (!(await look(state, lanes)))
        throw new AppError('CONFLICT', 'the database and the event log are not of the same time', { retriable: true });
    },
    campaignsAhead: (campaigns) => {
      const isNews = campaigns.length > 0 && state.campaigns.length === 0;
      state.campaigns = campaigns;
      deps.ahead?.(campaigns.length);
      if (isNews) deps.log.error({ campaigns }, `nothing is published: ${advice.LOG_AHEAD}`);
    },
  };
};
