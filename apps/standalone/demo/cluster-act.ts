/** What the demo does to the senders of a cluster while the campaign runs: one is added, one is killed for good. */
import { laneLimits } from '@sendpool/contracts';
import { clusterShape } from '../src/shape.ts';
import type { System } from '../src/system.ts';
import { lanesOf, readLaneChanges, takenOverAt, type LaneChange } from './lane-log.ts';
import type { CampaignEvent, DemoCheck, Progress } from './types.ts';

export type SenderLoss = {
  added: string;
  killed: string;
  /** Lanes that the killed sender held. */
  lanes: number;
  /** Until the last of its lanes was with another sender; null: never. */
  takenOverAfterSeconds: number | null;
  /** Recipients that became UNKNOWN after the kill. */
  unknown: number;
  /** The most that the protocol allows. */
  unknownAllowed: number;
};

export type ClusterAct = {
  events: CampaignEvent[];
  /** Once the campaign is over. Null when it was over before the kill. */
  result(end: Progress): SenderLoss | null;
};

const added = `sender-${clusterShape.replicas.sender + 1}`;
const killed = 'sender-2';
/** Longer than any campaign of the demo: the others must do its work. */
const forGoodMs = 3_600_000;
/** Session time-out of the consumer group and ten seconds more. */
const takeOverLimitSeconds = 20;

export const createClusterAct = (system: System, dataFolder: string): ClusterAct => {
  let lost: LaneChange | undefined;
  let unknownBefore = 0;
  const kill = async ({ unknown }: Progress): Promise<void> => {
    unknownBefore = unknown;
    lost = { sender: killed, at: Date.now(), lanes: lanesOf(killed, readLaneChanges(dataFolder)) };
    system.processes.kill(killed, { awayMs: forGoodMs });
  };
  const events: CampaignEvent[] = [
    {
      share: 0.3,
      says: `${added} is added`,
      act: async () => void (await system.processes.add('sender')),
    },
    { share: 0.5, says: `${killed} is killed (SIGKILL)`, act: kill },
  ];
  const result = (end: Progress): SenderLoss | null => {
    if (lost === undefined) return null;
    const at = takenOverAt(lost, readLaneChanges(dataFolder));
    return {
      added,
      killed,
      lanes: lost.lanes.length,
      takenOverAfterSeconds: at === undefined ? null : (at - lost.at) / 1000,
      unknown: Math.max(0, end.unknown - unknownBefore),
      unknownAllowed: laneLimits.started * lost.lanes.length,
    };
  };
  return { events, result };
};

/** A sender that held no lane proves nothing. */
export const checksOf = (loss: SenderLoss | null): DemoCheck[] => [
  {
    name: 'the lanes of a killed sender are taken over',
    holds: loss && loss.lanes > 0 && (loss.takenOverAfterSeconds ?? Infinity) <= takeOverLimitSeconds,
    detail: `${loss?.lanes} lanes of ${killed}, the last one after ${loss?.takenOverAfterSeconds?.toFixed(1) ?? '?'} s`,
  },
  {
    name: 'a killed sender leaves little doubt',
    holds: loss && loss.unknown <= loss.unknownAllowed,
    detail: `${loss?.unknown} recipients became unknown, at most ${loss?.unknownAllowed} may`,
  },
];
