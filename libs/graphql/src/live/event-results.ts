/**
 * Runs a subscription: each event of its source with a context of its own, so that loaders start empty and nothing of an earlier event is
 * served again. Never throws: a source that fails ends with one result without `data`.
 */
import {
  createSourceEventStream,
  execute,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import type { Operation } from '../admit.ts';
import { createEndable, endableOf, type Endable } from './endable.ts';
import type { RequestContext } from '../context.ts';

/** Results of a subscription. One without `data` is the last: the stream has failed, and its client may come again. */
export type ResultStream = Endable<ExecutionResult>;

export type Subscription = {
  schema: GraphQLSchema;
  operation: Operation;
  /** A new context for each event; all share `signal`. */
  contextOf(signal: AbortSignal): RequestContext;
};

/** An error of a stream as the last result of it. */
export const failed = (error: unknown): ExecutionResult => ({
  errors: [
    error instanceof GraphQLError
      ? error
      : new GraphQLError('The stream has failed', { originalError: error instanceof Error ? error : null }),
  ],
});

const isStream = (source: unknown): source is AsyncIterable<unknown> =>
  typeof source === 'object' && source !== null && Symbol.asyncIterator in source;

const ignore = (): void => undefined;

const open = async (args: ExecutionArgs): Promise<AsyncIterable<unknown> | ExecutionResult> => {
  try {
    return await createSourceEventStream(args);
  } catch (error) {
    return failed(error);
  }
};

export const eventResults = async ({ schema, operation, contextOf }: Subscription): Promise<ResultStream> => {
  const { document, operationName, variables } = operation;
  const gone = new AbortController();
  const args = (): ExecutionArgs => ({
    schema,
    document,
    operationName,
    variableValues: variables,
    contextValue: contextOf(gone.signal),
  });
  const source = await open(args());
  if (!isStream(source)) return endableOf(source);
  const events = source[Symbol.asyncIterator]();
  let broken = false;
  const run = async (): Promise<ExecutionResult | undefined> => {
    const { done, value } = await events.next();
    return done === true ? undefined : execute({ ...args(), rootValue: value });
  };
  const fail = (error: unknown): ExecutionResult => {
    broken = true;
    return failed(error);
  };
  return createEndable({
    next: async () => (broken ? undefined : run().catch(fail)),
    close: () => {
      gone.abort();
      // A generator that waits for its next event ends only after it: nobody waits for that.
      void Promise.resolve(events.return?.()).catch(ignore);
    },
  });
};
