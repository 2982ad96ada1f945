import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createDatabase, type DatabaseOptions } from './database.ts';
import { isUniqueViolation } from './faults.ts';
import { freshDatabase } from './testing.ts';

class CreateCounter1700000000000 implements MigrationInterface {
  name = 'CreateCounter1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table counter(id text primary key, value bigint not null, facts jsonb, bytes bytea)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table counter');
  }
}

type Counter = { id: string; value: number };
const counterEntity = new EntitySchema<Counter>({
  name: 'counter',
  columns: { id: { type: 'text', primary: true }, value: { type: 'bigint' } },
});

const optionsFor = (url: string): DatabaseOptions => ({
  url,
  schema: 'counters',
  entities: [counterEntity],
  migrations: [CreateCounter1700000000000],
  poolSize: 4,
  applicationName: 'database spec',
});

test('two processes that start at once make the schema once, and values arrive in their own types', async () => {
  await using fresh = await freshDatabase();
  const [one, two] = await Promise.all([createDatabase(optionsFor(fresh.url)), createDatabase(optionsFor(fresh.url))]);
  await one.sql.query('insert into counter values ($1, $2, $3, $4)', [
    'a',
    9_000_000_000,
    { x: 1 },
    Buffer.from([0, 255]),
  ]);
  const rows = await two.sql.query('select * from counter');
  assert.deepEqual(rows, [{ id: 'a', value: 9_000_000_000, facts: { x: 1 }, bytes: Buffer.from([0, 255]) }]);
  const [migrations] = await two.sql.query<{ n: number }>('select count(*) as n from counters.migration');
  assert.equal(migrations?.n, 1);
  await Promise.all([one.close(), two.close()]);
});

test('a transaction that throws leaves nothing behind, and one that ends well is seen by others', async () => {
  await using fresh = await freshDatabase();
  const database = await createDatabase(optionsFor(fresh.url));
  const failing = database.transaction(async (tx) => {
    await tx.query('insert into counter values ($1, 1)', ['lost']);
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  const kept = await database.transaction(async (tx) => {
    await tx.query('insert into counter values ($1, 2)', ['kept']);
    return 'done';
  });
  assert.equal(kept, 'done');
  assert.deepEqual(await database.sql.query('select id, value from counter'), [{ id: 'kept', value: 2 }]);
  await database.close();
});

test('entities read and write bigint, and a broken unique rule is recognised', async () => {
  await using fresh = await freshDatabase();
  const database = await createDatabase(optionsFor(fresh.url));
  const repository = database.source.getRepository(counterEntity);
  await repository.save({ id: 'a', value: 5 });
  assert.equal((await repository.findOneByOrFail({ id: 'a' })).value, 5);
  const twice = database.sql.query('insert into counter values ($1, 1)', ['a']);
  await assert.rejects(
    twice,
    (error) => isUniqueViolation(error, 'counter_pkey') && !isUniqueViolation(error, 'other'),
  );
  await database.close();
});

test('a migration can be taken back', async () => {
  await using fresh = await freshDatabase();
  const database = await createDatabase(optionsFor(fresh.url));
  await database.source.undoLastMigration();
  await assert.rejects(database.sql.query('select * from counter'), /does not exist/);
  await database.close();
});

test('a lost connection is a retriable fault, and the next statement works again', async () => {
  await using fresh = await freshDatabase();
  const database = await createDatabase(optionsFor(fresh.url));
  const suicide = database.sql.query('select pg_terminate_backend(pg_backend_pid())');
  await assert.rejects(suicide, (error) => isAppError(error, 'UNAVAILABLE') && error.retriable);
  assert.equal(database.isReady(), false);
  assert.deepEqual(await database.sql.query('select 1 as one'), [{ one: 1 }]);
  assert.equal(database.isReady(), true);
  await database.close();
});

test('a schema name that is no plain name is refused', async () => {
  const refused = createDatabase({ ...optionsFor('postgres://127.0.0.1:1/x'), schema: 'a; drop' });
  await assert.rejects(refused, (error) => isAppError(error, 'BAD_CONFIGURATION'));
});
