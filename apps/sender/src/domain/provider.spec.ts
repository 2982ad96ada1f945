import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { domainOf, providerOf } from './provider.ts';

describe('the mailbox provider', () => {
  for (const [domain, provider] of [
    ['gmail.com', 'gmail'],
    ['googlemail.com', 'gmail'],
    ['outlook.com', 'microsoft'],
    ['hotmail.co.uk', 'microsoft'],
    ['live.fr', 'microsoft'],
    ['yahoo.com.br', 'yahoo'],
    ['yahoo.co.jp', 'yahoo-japan'],
    ['me.com', 'icloud'],
    ['gmx.net', 'gmx'],
    ['web.de', 'web.de'],
    ['t-online.de', 't-online'],
    ['wanadoo.fr', 'orange'],
    ['bk.ru', 'mail.ru'],
  ] as const)
    it(`of ${domain} is ${provider}`, () => assert.equal(providerOf(domain), provider));

  for (const domain of ['example.com', 'gmail.com.example.com', 'live.example.com', 'outlook', 'mygmail.com', ''])
    it(`of "${domain}" is other`, () => assert.equal(providerOf(domain), 'other'));

  it('is looked up by the part after the last @, in lower case', () => {
    assert.equal(domainOf('"odd@local"@GMail.COM'), 'gmail.com');
  });
});
