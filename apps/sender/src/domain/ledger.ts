/**
 * The ledger of a lane as text: it travels as the metadata of a group commit, whose offset is the base. It carries the last sequence
 * before the base, two bits for each record beyond it, and the started records that the base has passed (the carry list).
 */

export const recordState = { FRESH: 0, STARTED: 1, RETURNED: 2, DONE: 3 } as const;
export type RecordState = (typeof recordState)[keyof typeof recordState];

/** A started record that the base has passed. */
export type CarriedRecord = { readonly offset: number; readonly sequence: number };

export type Ledger = {
  /** Highest sequence before the base; -1 when there is none. */
  readonly lastSequence: number;
  /** The last sequence could not be read back: what lies before the next record received is in doubt. */
  readonly isInDoubt: boolean;
  /** One `recordState` for each record from the base on; beyond its end all are FRESH. */
  readonly states: Uint8Array;
  readonly carried: readonly CarriedRecord[];
  /** The epoch that wrote it: one generation has one owner of the lane, so the same text twice was written by the same owner. */
  readonly generation: number;
};

export const emptyLedger: Ledger = {
  lastSequence: -1,
  isInDoubt: false,
  states: new Uint8Array(0),
  carried: [],
  generation: 0,
};

const version = 'S1';
const form = /^S1(?:\.([0-9a-z]+))?:([0-9a-z]+):(D?):([0-9a-z]+):([A-Za-z0-9+/=]*):((?:[0-9a-z]+\.[0-9a-z]+(?:,|$))*)$/;

const usedLength = (states: Uint8Array): number => {
  let length = states.length;
  while (length > 0 && states[length - 1] === recordState.FRESH) length--;
  return length;
};

const pack = (states: Uint8Array, length: number): string => {
  const bytes = Buffer.alloc((length + 3) >> 2);
  for (let i = 0; i < length; i++) bytes[i >> 2]! |= states[i]! << ((i & 3) << 1);
  return bytes.toString('base64');
};

const unpack = (text: string, length: number): Uint8Array | undefined => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== (length + 3) >> 2) return undefined;
  return Uint8Array.from({ length }, (_, i) => (bytes[i >> 2]! >> ((i & 3) << 1)) & 3);
};

/** At most 2,300 characters with a window of 4,096 records and a full carry list; Kafka allows 4,096. */
export const encodeLedger = (ledger: Ledger): string => {
  const length = usedLength(ledger.states);
  return [
    `${version}.${ledger.generation.toString(36)}`,
    (ledger.lastSequence + 1).toString(36),
    ledger.isInDoubt ? 'D' : '',
    length.toString(36),
    pack(ledger.states, length),
    ledger.carried.map(({ offset, sequence }) => `${offset.toString(36)}.${sequence.toString(36)}`).join(','),
  ].join(':');
};

const unpackCarried = (text: string): CarriedRecord[] =>
  text === ''
    ? []
    : text.split(',').map((pair) => {
        const [offset, sequence] = pair.split('.');
        return { offset: Number.parseInt(offset!, 36), sequence: Number.parseInt(sequence!, 36) };
      });

/** Undefined when the text is not a ledger of this version: the ledger is lost then. */
export const decodeLedger = (text: string): Ledger | undefined => {
  const [, generation = '0', last, doubt, length, bits, carried] = form.exec(text) ?? [];
  if (last === undefined || length === undefined || bits === undefined || carried === undefined) return undefined;
  const states = unpack(bits, Number.parseInt(length, 36));
  if (states === undefined) return undefined;
  return {
    lastSequence: Number.parseInt(last, 36) - 1,
    isInDoubt: doubt === 'D',
    states,
    carried: unpackCarried(carried),
    generation: Number.parseInt(generation, 36),
  };
};
