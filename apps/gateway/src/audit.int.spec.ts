/** The audit of the GraphQL-over-HTTP specification (graphql-http) against the running gateway: every MUST and every SHOULD. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { serverAudits } from 'graphql-http';
import { startScene, type Scene } from './scene.fixture.ts';

/** What the gateway does not do on purpose; the specification lets it (MAY). */
const leftOut = /GET|form-urlencoded/i;

const fetchFn = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization: 'Bearer READER' } });

describe('GraphQL over HTTP', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene();
  });
  after(() => scene.stop());

  for (const audit of serverAudits({ url: async () => scene.url, fetchFn }))
    it(`${audit.id}: ${audit.name}`, async () => {
      const result = await audit.fn();
      if (result.status === 'ok') return;
      assert.equal(result.status, 'notice', `${result.status}: ${'reason' in result ? result.reason : ''}`);
      assert.match(audit.name, leftOut);
    });
});
