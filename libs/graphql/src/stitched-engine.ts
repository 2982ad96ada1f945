/** The engine that stitches the services by their composed supergraph: joins are batched by key, one upstream call for each service and level. */
import { getStitchedSchemaFromSupergraphSdl } from '@graphql-tools/federation';
import { AppError } from '@sendpool/kernel';
import type { ExecutionRequest } from '@graphql-tools/utils';
import { execute, OperationTypeNode } from 'graphql';
import { createContext } from './context.ts';
import type { Engine } from './engine.ts';
import { placeErrors } from './error-path.ts';
import { eventResults } from './live/event-results.ts';
import { judgeScalars } from './public-scalars.ts';
import { createUpstream, type Upstream, type UpstreamOptions } from './upstream.ts';

export type StitchedEngineOptions = Omit<UpstreamOptions, 'name' | 'urls'> & {
  supergraphSdl: string;
  /** Where the replicas of each service of the supergraph answer, by its name in lower case. */
  urls: Readonly<Record<string, readonly string[]>>;
};

/** Throws AppError BAD_CONFIGURATION when the supergraph names a service without a URL. */
export const createStitchedEngine = ({ supergraphSdl, urls, ...rest }: StitchedEngineOptions): Engine => {
  const upstreams: Upstream[] = [];
  const upstreamOf = (name: string): Upstream => {
    const replicas = urls[name];
    if (replicas === undefined) throw new AppError('BAD_CONFIGURATION', `the service ${name} has no URL`);
    const upstream = createUpstream({ name, urls: replicas, ...rest });
    upstreams.push(upstream);
    return upstream;
  };
  const schema = getStitchedSchemaFromSupergraphSdl({
    supergraphSdl,
    batch: true,
    onSubschemaConfig: (config) => {
      const { execute: ask, subscribe } = upstreamOf(config.name.toLowerCase());
      const executor = (request: ExecutionRequest) =>
        request.operationType === OperationTypeNode.SUBSCRIPTION ? subscribe(request) : ask(request);
      // Its results are typed by the caller.
      config.executor = executor as typeof config.executor;
    },
    onStitchedSchema: (stitched) => placeErrors(judgeScalars(stitched)),
  });
  return {
    schema,
    // Never a rootValue: the joins keep their batches by it, and a shared one would mix the data of users.
    execute: async ({ document, operationName, variables, context }) =>
      execute({ schema, document, operationName, variableValues: variables, contextValue: context }),
    subscribe: ({ actor, ...operation }) =>
      eventResults({ schema, operation, contextOf: (signal) => createContext(actor, signal) }),
    close: async () => {
      await Promise.all(upstreams.map((upstream) => upstream.close()));
    },
  };
};
