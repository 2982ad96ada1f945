import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiKeyUsesTopic } from '@sendpool/contracts';
import type { NewRecord } from '@sendpool/event-log';
import { createKeyUses } from '../../domain/key-uses.ts';
import { publishKeyUses } from './api-key-uses.publisher.ts';

const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

const setUp = () => {
  const uses = createKeyUses(() => 5);
  const written: NewRecord[][] = [];
  const state = { away: false };
  const publish = async (_: string, records: readonly NewRecord[]): Promise<void> => {
    if (state.away) throw new Error('away');
    written.push([...records]);
  };
  return {
    uses,
    written,
    state,
    part: publishKeyUses({ eventLog: { ensureTopics: async () => {}, publish }, uses, log }),
  };
};

describe('telling the uses of API keys', () => {
  it('writes one record for each key that was used, and nothing when none was', async () => {
    const { uses, written, part } = setUp();
    await part.start?.();
    uses.note('a');
    uses.note('a');
    await part.stop?.(1000);
    const value = apiKeyUsesTopic.encode({ id: 'a', at: 5 });
    assert.deepEqual(written, [[{ partition: 0, key: 'a', value }]]);
  });

  it('keeps what could not be written, and does not fail at the end', async () => {
    const { uses, written, state, part } = setUp();
    state.away = true;
    uses.note('a');
    await part.start?.();
    await part.stop?.(1000);
    assert.deepEqual([written, uses.take()], [[], [{ id: 'a', at: 5 }]]);
  });
});
