/** docs/roles.md cell by cell against the running gateway and the real schemas of its services. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { roles } from '@sendpool/contracts';
import { buildSchema } from 'graphql';
import { smallestOperation } from './operations.fixture.ts';
import { publicSdl, startScene, type Answer, type Scene } from './scene.fixture.ts';

const page = readFileSync(new URL('../../../docs/roles.md', import.meta.url), 'utf8');
/** From `Type.field` to what each role may. */
const expected = new Map(
  [...page.matchAll(/^\| `(\w+\.\w+)` +\| – +\|(.+)\|$/gm)].map(([, field, cells]) => [
    field!,
    cells!.split('|').map((cell) => cell.trim() === 'yes'),
  ]),
);

const schema = buildSchema(publicSdl());
const roots = {
  query: schema.getQueryType(),
  mutation: schema.getMutationType(),
  subscription: schema.getSubscriptionType(),
};
const rootFields = Object.entries(roots).flatMap(([kind, type]) =>
  Object.values(type?.getFields() ?? {}).map((field) => ({
    place: `${type!.name}.${field.name}`,
    made: smallestOperation(kind, field),
    kind,
  })),
);

const isRoot = (place: string): boolean => /^(Query|Mutation|Subscription)\./.test(place);

const readEvents = ({ text, ...rest }: Answer): Answer => ({
  ...rest,
  text,
  ...(JSON.parse(/^data: (.+)$/m.exec(text)?.[1] ?? '{}') as object),
});

describe('the roles', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene();
  });
  after(() => scene.stop());

  it('have a line in docs/roles.md for each field of Query, Mutation and Subscription, and for nothing that is not there', () => {
    const places = rootFields.map(({ place }) => place).toSorted();
    assert.ok(places.length > 30);
    assert.deepEqual([...expected.keys()].filter(isRoot).toSorted(), places);
  });

  it('have no guarded field below the root that this test does not ask for', () => {
    const others = [...expected.keys()].filter((place) => !isRoot(place));
    assert.deepEqual(others, ['Webhook.url']);
  });

  it('of Webhook.url are as the page says, and who may not see it gets the rest', async () => {
    for (const [at, role] of roles.entries()) {
      const { data, errors } = await scene.ask({ query: '{ webhook(id: "1") { url host } }' }, role);
      const webhook = data?.['webhook'] as { url: string | null; host: string };
      const isAllowed = expected.get('Webhook.url')?.[at] === true;
      assert.deepEqual(
        errors?.map(({ extensions }) => extensions['code']),
        isAllowed ? undefined : ['FORBIDDEN'],
      );
      assert.equal(typeof webhook.host, 'string');
      assert.equal(webhook.url === null, !isAllowed, role);
    }
  });

  for (const { place, made, kind } of rootFields)
    it(`of ${place} are as the page says`, async () => {
      const headers: Record<string, string> = kind === 'subscription' ? { accept: 'text/event-stream' } : {};
      assert.equal((await scene.ask(made, null, headers)).status, 401);
      for (const [at, role] of roles.entries()) {
        const answer = await scene.ask(made, role, headers);
        const { errors, text } = kind === 'subscription' ? readEvents(answer) : answer;
        const codes = errors?.map(({ extensions }) => extensions['code']);
        assert.deepEqual(codes, expected.get(place)?.[at] === true ? undefined : ['FORBIDDEN'], `${role}: ${text}`);
      }
    });
});
