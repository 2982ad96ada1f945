/** Reads a record of send-requests, and of a bad one whatever still names its publication. */
import { isAppError } from '@sendpool/kernel';
import { sendRequestsTopic } from '@sendpool/contracts';
import type { PublicationRef, StoredRequest } from './lane-types.ts';

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const salvage = (value: Uint8Array): PublicationRef | undefined => {
  let read: Partial<Record<keyof PublicationRef, unknown>> | null;
  try {
    read = JSON.parse(new TextDecoder().decode(value)) as typeof read;
  } catch {
    return undefined;
  }
  const { lane, sequence, campaignId, recipient, tryNumber } = read ?? {};
  if (!isWhole(lane) || !isWhole(sequence) || !isWhole(recipient) || typeof campaignId !== 'string') return undefined;
  return { lane, sequence, campaignId, recipient, tryNumber: isWhole(tryNumber) ? tryNumber : 1 };
};

export const readRequest = (offset: number, value: Uint8Array): StoredRequest => {
  try {
    return { offset, request: sendRequestsTopic.decode(value) };
  } catch (error) {
    if (!isAppError(error, 'BAD_RECORD')) throw error;
    return { offset, invalid: salvage(value) };
  }
};
