/** Reads a record of send-requests. One that is no valid request still names its publication when that can be read. */
import { sendRequestsTopic } from '@sendpool/contracts';
import type { StoredRecord } from '@sendpool/event-log';
import type { PublicationRef, StoredRequest } from '../../domain/lane-types.ts';

const isPublication = (value: unknown): value is PublicationRef => {
  if (typeof value !== 'object' || value === null) return false;
  const { lane, sequence, campaignId, recipient, tryNumber } = value as Partial<Record<keyof PublicationRef, unknown>>;
  return (
    [lane, sequence, recipient, tryNumber].every((number) => Number.isSafeInteger(number)) &&
    typeof campaignId === 'string'
  );
};

const salvage = (bytes: Buffer): PublicationRef | undefined => {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (!isPublication(value)) return undefined;
    const { lane, sequence, campaignId, recipient, tryNumber } = value;
    return { lane, sequence, campaignId, recipient, tryNumber };
  } catch {
    return undefined;
  }
};

export const readRequest = ({ offset, value }: StoredRecord): StoredRequest => {
  try {
    return { offset, request: sendRequestsTopic.decode(value) };
  } catch {
    return { offset, invalid: salvage(value) };
  }
};
