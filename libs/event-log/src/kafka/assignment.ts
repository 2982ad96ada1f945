/**
 * What members of a group tell each other through the broker: which topic they read and what they hold, and which partitions the leader
 * gives to each. Both in the encodings of Kafka's consumer protocol, so that its own tools can show the group.
 */
import kafkajs from 'kafkajs';
import { shareOut } from '../group/share-out.ts';

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;

/** Members of a group must offer the same one. */
export const protocolName = 'sendpool-sticky';

/** What a member held last, and under which generation: an older claim gives way. */
export type Held = { generation: number; partitions: readonly number[] };
export type GroupMember = { id: string; topics: readonly string[]; held: Held };

export const nothingHeld: Held = { generation: -1, partitions: [] };

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

/** A claim of another version, or of none, is no claim. */
const parseHeld = (text: string): Held => {
  try {
    const { generation, partitions } = JSON.parse(text) as Partial<Held>;
    if (isWhole(generation) && Array.isArray(partitions) && partitions.every(isWhole))
      return { generation, partitions };
  } catch {
    // Not ours.
  }
  return nothingHeld;
};

export const encodeMember = (topic: string, { generation, partitions }: Held): Buffer => {
  const userData = Buffer.from(JSON.stringify({ generation, partitions }));
  return MemberMetadata.encode({ version: 0, topics: [topic], userData });
};

export const decodeMember = (id: string, bytes: Buffer): GroupMember => {
  const metadata = MemberMetadata.decode(bytes);
  return { id, topics: metadata?.topics ?? [], held: parseHeld(String(metadata?.userData ?? '')) };
};

/** Who held each partition of a topic: of several claims the one of the newest generation. */
const holdersOf = (members: readonly GroupMember[]): Map<number, string> => {
  const holders = new Map<number, string>();
  const oldestFirst = members.toSorted((one, other) => one.held.generation - other.held.generation);
  for (const { id, held } of oldestFirst) for (const partition of held.partitions) holders.set(partition, id);
  return holders;
};

/** Partitions of one topic for each of its members. */
export const assign = (members: readonly GroupMember[], partitions: number): Map<string, number[]> => {
  const ids = members.map((member) => member.id).sort();
  const shares = new Map<string, number[]>(ids.map((id) => [id, []]));
  const owners = shareOut(partitions, ids, holdersOf(members));
  for (const [partition, id] of owners) shares.get(id)!.push(partition);
  for (const share of shares.values()) share.sort((one, other) => one - other);
  return shares;
};

export const encodeAssignment = (topic: string, partitions: readonly number[]): Buffer =>
  MemberAssignment.encode({ version: 0, assignment: { [topic]: [...partitions] }, userData: Buffer.alloc(0) });

/** A leader that gives nothing sends no bytes at all. */
export const decodeAssignment = (topic: string, bytes: Buffer): number[] =>
  MemberAssignment.decode(bytes)?.assignment[topic] ?? [];
