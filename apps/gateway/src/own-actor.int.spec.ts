/** Two users of one role ask for the same at the same moment, over every transport: the services hear of each by its own key, and each gets what is its own. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { doors } from './doors.fixture.ts';
import { keyRecord, schemaOf, startScene, type Scene } from './scene.fixture.ts';
import { stubResolvers } from './stub-resolvers.fixture.ts';

const users = ['anna', 'berta', 'carla', 'dora'];
const rounds = 50;
/** Say which key the service has heard of. */
const own = new Set(['Viewer.id', 'Resend.actor', 'CampaignProgress.waitingFor', 'DeliveryEventPage.endCursor']);

/** Joined over two services: the batches of one user must not carry the keys of another. */
const query = '{ viewer { id } campaigns(first: 2) { nodes { resends { actor } } } }';
const ownAnswer = (user: string) => ({
  viewer: { id: user },
  campaigns: { nodes: [0, 1].map(() => ({ resends: [{ actor: user }, { actor: user }] })) },
});
const change = {
  query: `mutation ($input: ResendRecipientsInput!) {
    resendRecipients(input: $input) { ... on ResendPayload { resend { actor } } }
  }`,
  variables: { input: { campaignId: 'c', states: ['BOUNCED'], idempotencyKey: 'the same of all' } },
};
const progress = { query: 'subscription { campaignProgress(campaignId: "c") { waitingFor } }' };
const pages = { query: 'subscription { deliveryEvents(after: "c") { endCursor } }' };
const { HTTP: _http, ...streams } = doors;

/** All at once, in an order that changes. */
const together = (round: number): string[] => users.map((_, at) => users[(at + round) % users.length]!);

const resolversOf = (name: string) => stubResolvers(schemaOf(name), own);

const atOnce = async (count: number, check: (user: string) => Promise<void>): Promise<void> => {
  for (let round = 0; round < count; round += 1) await Promise.all(together(round).map(check));
};

describe('users of one role who ask at the same moment', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene(
      { RATE_LIMIT_PER_MINUTE: '1000000000' },
      {
        keys: users.map((user) => keyRecord(user, { role: 'OPERATOR' })),
        resolvers: { config: resolversOf('config'), scheduler: resolversOf('scheduler'), stats: resolversOf('stats') },
      },
    );
  });
  after(() => scene.stop());

  for (const [name, ask] of Object.entries(doors)) {
    it(`see each their own over ${name}, by a document that is known already`, () =>
      atOnce(rounds, async (user) => assert.deepEqual((await ask(scene, { query }, user)).data, ownAnswer(user))));

    it(`change something over ${name} each in their own name, with one idempotency key too`, () =>
      atOnce(rounds, async (user) => {
        const { data } = await ask(scene, change, user);
        assert.deepEqual(data, { resendRecipients: { resend: { actor: user } } });
      }));
  }

  for (const [name, ask] of Object.entries(streams)) {
    it(`share a stream over ${name} in nobody's name, with others of their role alone`, () =>
      atOnce(rounds, async (user) => {
        const { data } = await ask(scene, progress, user);
        assert.deepEqual(data, { campaignProgress: { waitingFor: 'shared' } });
      }));

    it(`read on from a cursor over ${name} each in their own name`, () =>
      atOnce(rounds, async (user) => {
        const { data } = await ask(scene, pages, user);
        assert.deepEqual(data, { deliveryEvents: { endCursor: user } });
      }));
  }

  it('are told apart also where all of them use every transport at once', () =>
    atOnce(rounds, async (user) => {
      const answers = await Promise.all(Object.values(doors).map((ask) => ask(scene, { query }, user)));
      for (const { data } of answers) assert.deepEqual(data, ownAnswer(user));
    }));
});
