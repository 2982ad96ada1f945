import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDatabase, type Database } from './database.ts';
import { createOnce, forgetKeys, onceTable, type OnceCall } from './once.ts';
import type { Sql } from './sql.ts';
import { freshDatabase, type TestDatabase } from './testing.ts';

type Result = { id?: string; said: 'MADE' | 'REFUSED' | 'AGAIN' | 'OTHER' };

describe('an idempotency key', () => {
  let fresh: TestDatabase;
  let database: Database;
  let effects: number;
  before(async () => {
    fresh = await freshDatabase();
    database = await createDatabase({ url: fresh.url, schema: 'once', applicationName: 'once spec', poolSize: 12 });
    for (const statement of [...onceTable.up, 'create table thing (id text primary key)'])
      await database.sql.query(statement);
  });
  after(async () => {
    await database.close();
    await fresh[Symbol.asyncDispose]();
  });

  const insert = async (tx: Sql, id: string): Promise<Result> => {
    effects += 1;
    await tx.query('insert into thing values ($1)', [id]);
    return { id, said: 'MADE' };
  };

  const once = (call: Partial<OnceCall>, run: (tx: Sql) => Promise<Result>, secret = 'secret'): Promise<Result> =>
    createOnce<Sql>({ transaction: database.transaction, sqlOf: (tx) => tx, secret })<Result>(
      { actor: 'a', operation: 'make', key: 'k', input: { n: 1 }, ...call },
      { run, idOf: ({ id }) => id, again: async (id) => ({ id, said: 'AGAIN' }), other: () => ({ said: 'OTHER' }) },
    );

  const clear = async (): Promise<void> => {
    effects = 0;
    await database.sql.query('delete from thing');
    await database.sql.query('delete from idempotency');
  };

  const count = async (table: 'thing' | 'idempotency'): Promise<number> =>
    (await database.sql.query(table === 'thing' ? 'select from thing' : 'select from idempotency')).length;

  it('has one effect, and answers what was made then', async () => {
    await clear();
    assert.deepEqual(await once({}, (tx) => insert(tx, 'one')), { id: 'one', said: 'MADE' });
    assert.deepEqual(await once({}, (tx) => insert(tx, 'two')), { id: 'one', said: 'AGAIN' });
    assert.deepEqual([effects, await count('thing')], [1, 1]);
  });

  it('with another input is another request, and has no effect', async () => {
    await clear();
    await once({}, (tx) => insert(tx, 'one'));
    assert.deepEqual(await once({ input: { n: 2 } }, (tx) => insert(tx, 'two')), { said: 'OTHER' });
    assert.equal(effects, 1);
  });

  it('of another API key, or for another mutation, is another key', async () => {
    await clear();
    await once({}, (tx) => insert(tx, 'one'));
    assert.equal((await once({ actor: 'b' }, (tx) => insert(tx, 'two'))).said, 'MADE');
    assert.equal((await once({ operation: 'start' }, (tx) => insert(tx, 'three'))).said, 'MADE');
  });

  it('that comes ten times at once has one effect, and all hear of the same thing', async () => {
    await clear();
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        once({}, async (tx) => {
          await tx.query('select pg_sleep(0.05)');
          return insert(tx, `thing ${n}`);
        }),
      ),
    );
    assert.deepEqual([effects, new Set(results.map(({ id }) => id)).size], [1, 1]);
  });

  it('of a refused request is kept no more than what it had changed', async () => {
    await clear();
    const refused = await once({}, async (tx) => {
      await insert(tx, 'half');
      return { said: 'REFUSED' };
    });
    assert.deepEqual([refused, await count('thing'), await count('idempotency')], [{ said: 'REFUSED' }, 0, 0]);
    assert.equal((await once({ input: 'corrected' }, (tx) => insert(tx, 'one'))).said, 'MADE');
  });

  it('of a refusal by a broken rule of the database can be used again', async () => {
    await clear();
    await database.sql.query(`insert into thing values ('taken')`);
    const refused = await once({}, (tx) => insert(tx, 'taken').catch(() => ({ said: 'REFUSED' })));
    assert.deepEqual([refused, await count('idempotency')], [{ said: 'REFUSED' }, 0]);
  });

  it('of a request that died in the middle is not kept, and neither is its effect', async () => {
    await clear();
    const killed = once({}, async (tx) => {
      await insert(tx, 'one');
      await database.sql.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'once spec' and state like 'idle in transaction%'`,
      );
      return { id: 'one', said: 'MADE' };
    });
    await assert.rejects(killed);
    assert.deepEqual([await count('thing'), await count('idempotency')], [0, 0]);
    assert.equal((await once({}, (tx) => insert(tx, 'one'))).said, 'MADE');
  });

  it('counts for 24 hours, and is deleted afterwards in steps', async () => {
    await clear();
    await once({}, (tx) => insert(tx, 'one'));
    await database.sql.query(`update idempotency set at = now() - interval '24 hours 1 second'`);
    assert.equal((await once({}, (tx) => insert(tx, 'two'))).said, 'MADE');
    await database.sql.query(`
      insert into idempotency select 'a', 'make', 'old ' || n, 'd', 'r', now() - interval '25 hours' from generate_series(1, 2500) n`);
    await forgetKeys(database.sql, AbortSignal.timeout(10_000));
    assert.equal(await count('idempotency'), 1);
  });

  it('keeps nothing of a password that could be guessed without the secret', async () => {
    await clear();
    const digests = [];
    for (const secret of ['one secret', 'another']) {
      await once({ key: secret, input: { password: '1234' } }, (tx) => insert(tx, secret), secret);
      digests.push((await database.sql.query('select digest from idempotency where key = $1', [secret]))[0]!['digest']);
    }
    assert.notEqual(digests[0], digests[1]);
  });
});
