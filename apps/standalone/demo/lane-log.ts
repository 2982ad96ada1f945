/** Which lanes each sender held, and since when: read from the senders' own logs, as an operator would. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A sender was given exactly these lanes. None: it gave up what it had. */
export type LaneChange = { sender: string; at: number; lanes: readonly number[] };

type Line = { time: string; msg: string; lanes?: number[] };

const changeIn = (sender: string, text: string): LaneChange[] => {
  if (!/lanes (were assigned|are given up)/.test(text)) return [];
  const { time, lanes = [] } = JSON.parse(text) as Line;
  return [{ sender, at: Date.parse(time), lanes }];
};

/** Of every sender of the system in `dataFolder`, in the order of time. */
export const readLaneChanges = (dataFolder: string): LaneChange[] => {
  const folder = join(dataFolder, 'logs');
  return readdirSync(folder)
    .filter((file) => file.startsWith('sender'))
    .flatMap((file) => {
      const lines = readFileSync(join(folder, file), 'utf8').split('\n');
      return lines.flatMap((line) => changeIn(file.replace('.log', ''), line));
    })
    .toSorted((a, b) => a.at - b.at);
};

/** The lanes that a sender holds after all `changes`. */
export const lanesOf = (sender: string, changes: readonly LaneChange[]): readonly number[] =>
  changes.findLast((change) => change.sender === sender)?.lanes ?? [];

/** When the last of `lanes` was given to another sender than `lost`, in milliseconds since 1970; undefined when one still waits. */
export const takenOverAt = (lost: LaneChange, changes: readonly LaneChange[]): number | undefined => {
  const times = lost.lanes.map(
    (lane) =>
      changes.find(({ sender, at, lanes }) => sender !== lost.sender && at >= lost.at && lanes.includes(lane))?.at,
  );
  return times.every((time) => time !== undefined) ? Math.max(lost.at, ...times) : undefined;
};
