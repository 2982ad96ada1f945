/** Turns what a use case gave into a member of the mutation's result union. */
import type { Ask, Result } from '@sendpool/contracts';
import type { RequestContext } from './context.ts';
import { refused, type Refused } from './refused.ts';

/** A request as it is known again, by the key in its input. */
export const askOf = (
  { actor }: RequestContext,
  operation: string,
  input: { readonly idempotencyKey?: string | null },
): Ask => ({ actor: actor.keyId, operation, key: input.idempotencyKey ?? null, input });

/** What was loaded before the change is forgotten, so that the answer and later mutations of the request show the new state. */
export const answerOf = async <T, Payload>(
  context: RequestContext,
  running: Promise<Result<T>>,
  payload: (value: T) => Payload,
): Promise<Payload | Refused> => {
  const result = await running;
  context.loaders.clear();
  return result.ok ? payload(result.value) : refused(result.errors);
};
