/** How a topic is kept by the brokers. */
import type { TopicSpec } from '../port.ts';
import type { Setting } from './protocol.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const mebibyte = 1024 * 1024;

/** Of a batch. Ours stay below a megabyte; a single record may be as large as this. */
const maxBatchBytes = 8 * mebibyte;

const clamp = (value: number, [least, most]: [number, number]): number => Math.min(most, Math.max(least, value));

/** Whole segments are dropped, the one that is written to only when all of it is too old: segments end several times within the retention. */
const keepFor = (retentionMs: number): Record<string, number> => ({
  'retention.ms': retentionMs === 0 ? -1 : retentionMs,
  'segment.ms': retentionMs === 0 ? dayMs : clamp(Math.floor(retentionMs / 4), [minuteMs, dayMs]),
});

/** The segment that is written to is never compacted: short ones, and a limit after which compaction comes in any case. */
const compacted = {
  'segment.ms': 10 * minuteMs,
  'segment.bytes': 16 * mebibyte,
  'min.cleanable.dirty.ratio': 0.1,
  'max.compaction.lag.ms': hourMs,
};

const listed = (values: Record<string, string | number>): Setting[] =>
  Object.entries(values).map(([name, value]) => ({ name, value: String(value) }));

/** Settings that follow a changed topic spec; what else an operator changed stays. */
export const retentionSettings = (spec: TopicSpec): Setting[] =>
  spec.cleanup === 'COMPACTED' ? [] : listed(keepFor(spec.retentionMs));

export const policyOf = (spec: TopicSpec): string => (spec.cleanup === 'COMPACTED' ? 'compact' : 'delete');

/** Of a new topic. The time of a record is the broker's, so that a wrong clock of ours keeps or drops nothing. */
export const newSettings = (spec: TopicSpec, minInsync: number): Setting[] => [
  ...listed({
    'cleanup.policy': policyOf(spec),
    'min.insync.replicas': minInsync,
    'unclean.leader.election.enable': 'false',
    'max.message.bytes': maxBatchBytes,
    'message.timestamp.type': 'LogAppendTime',
  }),
  ...listed(
    spec.cleanup === 'COMPACTED' ? compacted : { ...keepFor(spec.retentionMs), 'segment.bytes': 64 * mebibyte },
  ),
];
