import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, type ErrorCode } from '@sendpool/kernel';
import { GraphQLError } from 'graphql';
import { formatError, isHidden } from './errors.ts';

const secret = 'at 10.0.0.7:5432';
const located = (originalError: Error) => new GraphQLError(originalError.message, { originalError, path: ['a', 0] });
const seen = (error: GraphQLError) => {
  const formatted = formatError(error.toJSON(), error);
  return { code: formatted.extensions?.['code'], message: formatted.message, text: JSON.stringify(formatted) };
};

describe('an error on its way to a client', () => {
  const shown: ErrorCode[] = ['BAD_INPUT', 'NOT_FOUND', 'CONFLICT', 'UNAUTHENTICATED', 'FORBIDDEN'];
  const hidden: ErrorCode[] = [
    'EPOCH_ENDED',
    'LEASE_LOST',
    'LEDGER_LOST',
    'BAD_RECORD',
    'BAD_CONFIGURATION',
    'DECRYPTION_FAILED',
    'INTERNAL',
  ];

  for (const code of shown)
    it(`keeps code and message of ${code}`, () => {
      const error = located(new AppError(code, 'no such pool'));
      assert.deepEqual([seen(error).code, seen(error).message, isHidden(error)], [code, 'no such pool', false]);
    });

  for (const code of hidden)
    it(`is hidden and logged when it is ${code}`, () => {
      const error = located(new AppError(code, secret));
      assert.deepEqual([seen(error).code, seen(error).message, isHidden(error)], ['INTERNAL', 'Internal error', true]);
      assert.ok(!seen(error).text.includes(secret));
    });

  it('says that a service is away, but not which host', () => {
    const error = located(new AppError('UNAVAILABLE', secret));
    assert.equal(seen(error).code, 'UNAVAILABLE');
    assert.ok(!seen(error).text.includes(secret));
  });

  it('is hidden when it is a bug, also one that pretends to have a code', () => {
    assert.equal(seen(located(new TypeError(secret))).code, 'INTERNAL');
    const pretender = Object.assign(new Error(secret), { extensions: { code: 'NOT_FOUND' } });
    assert.equal(seen(located(pretender)).code, 'INTERNAL');
    assert.equal(seen(new GraphQLError(secret, { extensions: { code: 'SOMETHING' } })).code, 'INTERNAL');
  });

  it('carries nothing but message, place and code', () => {
    const error = new GraphQLError('bad', {
      extensions: { code: 'BAD_USER_INPUT', request: secret, stacktrace: [secret] },
    });
    assert.deepEqual(formatError(error.toJSON(), error), { message: 'bad', extensions: { code: 'BAD_USER_INPUT' } });
  });
});
