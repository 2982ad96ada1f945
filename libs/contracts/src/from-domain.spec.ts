import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mayBeFrom } from './from-domain.ts';

describe('a From domain', () => {
  it('is allowed when it is named', () => {
    assert.equal(mayBeFrom(['example.org', 'example.com'], 'example.com'), true);
    assert.equal(mayBeFrom(['example.com'], 'news.example.com'), false);
  });

  it('is allowed with all its subdomains by a wildcard', () => {
    assert.equal(mayBeFrom(['*.example.com'], 'example.com'), true);
    assert.equal(mayBeFrom(['*.example.com'], 'a.news.example.com'), true);
  });

  it('is not allowed by a wildcard when it only ends alike', () => {
    assert.equal(mayBeFrom(['*.example.com'], 'badexample.com'), false);
    assert.equal(mayBeFrom([], 'example.com'), false);
  });
});
