import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sendRequestsTopic, type SendRequest } from '@sendpool/contracts';
import { readRequest } from './read-request.ts';

const request: SendRequest = {
  type: 'SEND',
  lane: 3,
  sequence: 7,
  campaignId: 'c',
  campaignRevision: 1,
  recipient: 5,
  email: 'a@example.com',
  fields: '{}',
  tryNumber: 1,
  serverHint: null,
};

const stored = (value: string) => ({ partition: 3, offset: 9, key: null, value: Buffer.from(value), at: 0 });

describe('a record of send-requests', () => {
  it('is read as what was written', () => {
    assert.deepEqual(readRequest(stored(sendRequestsTopic.encode(request))), { offset: 9, request });
  });

  it('that is no valid request still names its publication', () => {
    const { lane, sequence, campaignId, recipient, tryNumber } = request;
    const read = readRequest(stored(JSON.stringify({ ...request, email: 5 })));
    assert.deepEqual(read, { offset: 9, invalid: { lane, sequence, campaignId, recipient, tryNumber } });
  });

  for (const text of ['', 'no JSON', '[]', 'null', '{"lane":3,"sequence":"7"}'])
    it(`of which nothing can be read says so: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(readRequest(stored(text)), { offset: 9, invalid: undefined });
    });
});
