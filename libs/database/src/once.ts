/**
 * Does what is asked once for each idempotency key: the key, and what it made, are kept in the transaction of the effect, so that neither is
 * there without the other. A refused request keeps nothing, and its key may be used again.
 */
import { createHmac } from 'node:crypto';
import { AppError } from '@sendpool/kernel';
import type { Sql } from './sql.ts';

export type OnceCall = {
  /** Id of the API key that asks, and the mutation: the same key of another of them is another key. */
  readonly actor: string;
  readonly operation: string;
  readonly key: string;
  /** What is asked for, as JSON can hold it. */
  readonly input: unknown;
};

type OnceWork<Tx, Result> = {
  /** Everything that it changes is changed in `tx`. */
  run(tx: Tx): Promise<Result>;
  /** Id of what was made or changed; undefined: refused, so that nothing is kept. */
  idOf(result: Result): string | undefined;
  /** The answer to the same request again. */
  again(id: string): Promise<Result>;
  /** The key was used with another input. */
  other(): Result;
};

type OnceOptions<Tx> = {
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  sqlOf(tx: Tx): Sql;
  /** Inputs may hold passwords: what is kept of them says nothing without it. */
  secret: string;
};

const lasts = `interval '24 hours'`;

export const onceTable = {
  up: [
    `create table idempotency (
      actor text not null,
      operation text not null,
      key text not null,
      digest text not null,
      result text,
      at timestamptz not null,
      primary key (actor, operation, key)
    )`,
    `comment on column idempotency.digest is 'of the input: the same key must ask for the same'`,
    'create index idempotency_at on idempotency (at)',
  ],
  down: 'drop table idempotency',
} as const;

/** Waits for a request with the same key that is being worked on. */
const claim = `
  insert into idempotency (actor, operation, key, digest, at) values ($1, $2, $3, $4, now())
  on conflict (actor, operation, key) do update set digest = excluded.digest, result = null, at = excluded.at
    where idempotency.at < now() - ${lasts}
  returning key`;

const known = 'select digest, result from idempotency where actor = $1 and operation = $2 and key = $3';
const keep = 'update idempotency set result = $4 where actor = $1 and operation = $2 and key = $3';

/** Requests with keys at once: each holds a connection until its end. */
const most = 4;

const createTurns = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
};

type Answer<Result> = { readonly result: Result } | { readonly id: string } | 'OTHER';

const runIn = async <Tx, Result>(
  tx: Tx,
  sql: Sql,
  { call, digest, work }: { call: OnceCall; digest: string; work: OnceWork<Tx, Result> },
): Promise<Answer<Result>> => {
  const place = [call.actor, call.operation, call.key];
  if ((await sql.query(claim, [...place, digest])).length === 0) {
    const [before] = await sql.query<{ digest: string; result: string }>(known, place);
    return before?.digest === digest ? { id: before.result } : 'OTHER';
  }
  const result = await work.run(tx);
  const id = work.idOf(result);
  if (id !== undefined) await sql.query(keep, [...place, id]);
  return { result };
};

type Once<Tx> = <Result>(call: OnceCall, work: OnceWork<Tx, Result>) => Promise<Result>;

export const createOnce = <Tx>({ transaction, sqlOf, secret }: OnceOptions<Tx>): Once<Tx> => {
  const turn = createTurns();
  return async <Result>(call: OnceCall, work: OnceWork<Tx, Result>): Promise<Result> => {
    const digest = createHmac('sha256', secret).update(JSON.stringify(call.input)).digest('base64');
    const undo = new AppError('CONFLICT', 'a refused request changes nothing');
    let answer: Answer<Result> | undefined;
    const running = turn(() =>
      transaction(async (tx) => {
        answer = await runIn(tx, sqlOf(tx), { call, digest, work });
        if (typeof answer === 'object' && 'result' in answer && work.idOf(answer.result) === undefined) throw undo;
      }),
    );
    await running.catch((error: unknown) => (error === undo ? undefined : Promise.reject(error)));
    if (answer === undefined || answer === 'OTHER') return work.other();
    return 'id' in answer ? work.again(answer.id) : answer.result;
  };
};

const step = 1000;
const forget = `
  delete from idempotency where (actor, operation, key) in (
    select actor, operation, key from idempotency where at < now() - ${lasts} limit ${step}) returning key`;

/** Deletes keys that do not count any more, in steps. */
export const forgetKeys = async (sql: Sql, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted && (await sql.query(forget)).length === step);
};
