import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, isAppError } from '@sendpool/kernel';
import { faultOf, isUniqueViolation } from './faults.ts';
import { createReadiness } from './readiness.ts';

const withCode = (code: string): Error => Object.assign(new Error('x'), { code });

test('lost connections and lost races pass, mistakes do not', () => {
  for (const code of ['08006', '40P01', '40001', '57P01', '53300', 'ECONNREFUSED']) {
    const fault = faultOf(withCode(code));
    assert.ok(isAppError(fault, 'UNAVAILABLE') && fault.retriable, code);
  }
  for (const error of [withCode('23505'), withCode('42P01'), new AppError('NOT_FOUND', 'x')])
    assert.equal(faultOf(error), error);
  assert.ok(
    isUniqueViolation(withCode('23505')) && !isUniqueViolation(withCode('23503')) && !isUniqueViolation(undefined),
  );
});

test('readiness is lost with the connection, not with a deadlock, and comes back when the database answers', async () => {
  let answers = false;
  const readiness = createReadiness(() => (answers ? Promise.resolve() : Promise.reject(new Error('down'))));
  faultOf(withCode('40P01'), readiness);
  assert.ok(readiness.isGood());
  faultOf(withCode('ECONNRESET'), readiness);
  assert.ok(!readiness.isGood());
  await Promise.resolve();
  answers = true;
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!readiness.isGood(), 'this question is what asks');
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(readiness.isGood());
});
