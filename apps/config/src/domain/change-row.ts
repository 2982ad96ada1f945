/** One change of a row under optimistic concurrency: read, decide, save, and again when another change came between. */
import { good, refuse, type Result } from './result.ts';
import type { Deletable, VersionedStore } from './stores.ts';

export type Change<T extends Deletable> = {
  readonly id: string;
  /** As people call it: `sending server`, `pool`. */
  readonly noun: string;
  /** Field of the input that holds the id. Default `id`. */
  readonly field?: string;
  /** A deleted row is found too. */
  readonly evenDeleted?: boolean;
  /** The row as it shall be; its revision is set by the change. The same object: nothing to do. May be asked again with a newer row. */
  decide(current: T): Result<T> | Promise<Result<T>>;
};

type RowStore<T extends Deletable> = Pick<VersionedStore<T>, 'find' | 'save'>;

const tries = 5;

export const nameTaken = (noun: string) =>
  refuse('CONFLICT', `Another ${noun} has this name. Choose another name.`, ['input', 'name']);

export const notFound = (noun: string, id: string, field = 'id') =>
  refuse('NOT_FOUND', `There is no ${noun} with the id ${JSON.stringify(id.slice(0, 100))}.`, ['input', field]);

const tryChange = async <T extends Deletable>(store: RowStore<T>, change: Change<T>): Promise<Result<T> | 'STALE'> => {
  const [current] = await store.find([change.id]);
  if (current === undefined || (current.deletedAt !== null && change.evenDeleted !== true))
    return notFound(change.noun, change.id, change.field);
  const decided = await change.decide(current);
  if (!decided.ok || decided.value === current) return decided;
  const next = { ...decided.value, revision: current.revision + 1 };
  const saved = await store.save(next);
  if (saved === 'NAME_TAKEN') return nameTaken(change.noun);
  return saved === 'STALE' ? 'STALE' : good(next);
};

export const changeRow = async <T extends Deletable>(store: RowStore<T>, change: Change<T>): Promise<Result<T>> => {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const result = await tryChange(store, change);
    if (result !== 'STALE') return result;
  }
  return refuse('CONFLICT', `The ${change.noun} is being changed by others all the time. Try again.`, [
    'input',
    change.field ?? 'id',
  ]);
};
