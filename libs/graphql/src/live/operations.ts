/** Runs what clients ask over server-sent events and WebSocket: any operation as a stream of frames, judged like one on HTTP. */
import type { Actor } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import { getOperationAST, OperationTypeNode, type ExecutionResult } from 'graphql';
import type { Admission, Admitted, Operation } from '../admit.ts';
import type { GraphQLLog } from '../apollo.ts';
import { createContext } from '../context.ts';
import type { Engine } from '../engine.ts';
import { codeOf, secondsSince, type GraphQLObserver } from '../observer.ts';
import type { Budget } from '../budget.ts';
import { createEndable } from './endable.ts';
import { failed } from './event-results.ts';
import { toFrame, type Origin } from './frame.ts';
import { framesOf, later, type Frames } from './frames.ts';
import { paced } from './paced.ts';
import { shareOf, withoutCursor, type Share } from './share-of.ts';
import { createSharing } from './sharing.ts';

export type Operations = {
  /** `request` is what a client sent: any JSON. */
  admit(request: unknown, actor: Actor): Admitted;
  start(operation: Operation, actor: Actor): Frames;
};

export type OperationsOptions = {
  engine: Engine;
  admission: Admission;
  /** What a result of a stream that one client has alone costs: see `Pay`. Shared ones cost once for all. */
  payMore: Budget['payMore'];
  log: GraphQLLog;
  observer: GraphQLObserver;
};

const kindOf = ({ document, operationName }: Operation): OperationTypeNode | undefined =>
  getOperationAST(document, operationName)?.operation;

/** Whether it ends only when somebody ends it. */
export const isSubscription = (operation: Operation): boolean => kindOf(operation) === OperationTypeNode.SUBSCRIPTION;

/** A query or a mutation: one frame, given up when nobody waits for it any more. */
const once = (run: (signal: AbortSignal) => Promise<ExecutionResult>, origin: Origin): Frames => {
  const gone = new AbortController();
  let result: Promise<ExecutionResult> | undefined;
  return createEndable({
    next: async () => {
      if (result !== undefined) return undefined;
      result = run(gone.signal);
      return toFrame(await result, origin);
    },
    close: () => gone.abort(),
  });
};

export const createOperations = (options: OperationsOptions): Operations => {
  const { engine, admission, payMore, log, observer } = options;
  const sharing = createSharing();

  const open = async (operation: Operation, actor: Actor): Promise<Frames> => {
    const { requestId } = actor;
    const results = await engine.subscribe({ ...operation, actor });
    return framesOf(results, { log, requestId, operationName: operation.operationName });
  };
  const subscribeAlone = (operation: Operation, actor: Actor): Frames => {
    const own = paced(later(open(operation, actor)), () => payMore(operation, actor));
    const same = withoutCursor(operation);
    const share = same && shareOf(engine.schema, same);
    return same && share ? sharing.join(own, wantedOf(same, actor, share)) : own;
  };
  const subscribe = (operation: Operation, actor: Actor): Frames => {
    const share = shareOf(engine.schema, operation);
    if (share === undefined) return subscribeAlone(operation, actor);
    return sharing.subscribe(wantedOf(operation, actor, share));
  };
  const wantedOf = (operation: Operation, actor: Actor, share: Share) => {
    const nobody = (): Actor => ({ keyId: 'shared', role: actor.role, requestId: newId() });
    return {
      key: `${actor.role} ${share.key}`,
      isState: share.isState,
      open: () => open(operation, nobody()),
    };
  };
  const run = (operation: Operation, actor: Actor): Frames => {
    const began = performance.now();
    const execute = async (signal: AbortSignal): Promise<ExecutionResult> => {
      const result = await engine.execute({ ...operation, context: createContext(actor, signal) }).catch(failed);
      observer.answered?.({
        operation: kindOf(operation) === OperationTypeNode.MUTATION ? 'mutation' : 'query',
        code: codeOf(result.errors?.[0]),
        seconds: secondsSince(began),
      });
      return result;
    };
    return once(execute, { log, requestId: actor.requestId, operationName: operation.operationName });
  };
  return {
    admit: (request, actor) => {
      const admitted = admission.admit(request, actor);
      const code = admitted.ok ? 'OK' : codeOf(admitted.errors[0]);
      if (!admitted.ok) observer.answered?.({ operation: 'none', code, seconds: 0 });
      return admitted;
    },
    start: (operation, actor) => {
      if (!isSubscription(operation)) return run(operation, actor);
      observer.answered?.({ operation: 'subscription', code: 'OK', seconds: 0 });
      return subscribe(operation, actor);
    },
  };
};
