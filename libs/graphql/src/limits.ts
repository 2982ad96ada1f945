/** Bounds on what one public document may ask. Page sizes are bounded where the lists are made (`pageArguments`). */
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type ASTVisitor,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';

export const limits = {
  /** Fields inside fields; introspection has its own bound in graphql. */
  depth: 10,
  aliases: 30,
  /** Spreads of fragments: to compare each with each takes long. */
  spreads: 100,
  /** How often one field may stand in one place: the answer has it once. */
  repeats: 10,
  /** Faults of a document that are told. */
  faults: 5,
  /** Words and signs of the document. */
  tokens: 2000,
  /** Characters of a document; values may be as long as the body. */
  documentLength: 128 * 1024,
  /** About the number of objects in an answer: see `createCostOf`. */
  cost: 10_000,
  /** Cost of all operations of a key in a minute, where nothing else is said. */
  perMinute: 600_000,
  /** Of a request, and of a message on a socket. */
  bodyBytes: 1024 * 1024,
} as const;

/** Bounds on what is open at a time, of one gateway process. */
export type LiveLimits = {
  /** Sockets; those that have not said yet who they are count too. */
  sockets: number;
  /** Sockets that have not said yet who they are. */
  strangers: number;
  /** Those of one address, so that one cannot keep everybody else out. */
  strangersOfAddress: number;
  /** Sockets and event streams of one key. */
  connectionsPerKey: number;
  operationsPerSocket: number;
  /** Operations of one key that run on whatever connections: each may be a stream of a service. */
  operationsPerKey: number;
  /** Milliseconds between two pings of a socket. Who has not answered the last one is gone. */
  pingMs: number;
};

export const liveLimits: LiveLimits = {
  sockets: 10_000,
  strangers: 1000,
  strangersOfAddress: 100,
  connectionsPerKey: 2000,
  operationsPerSocket: 100,
  operationsPerKey: 2000,
  pingMs: 12_000,
};

type FragmentOf = (name: string) => FragmentDefinitionNode | null | undefined;

/** Levels of fields below a selection set. Each fragment is measured once; one that contains itself is another rule's fault. */
const createDepthMeter = (fragmentOf: FragmentOf): ((set: SelectionSetNode | undefined) => number) => {
  const measured = new Map<string, number>();
  const fragmentDepth = (name: string): number => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    measured.set(name, 0);
    const depth = setDepth(fragmentOf(name)?.selectionSet);
    measured.set(name, depth);
    return depth;
  };
  const nodeDepth = (node: SelectionNode): number => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return fragmentDepth(node.name.value);
    if (node.kind === Kind.INLINE_FRAGMENT) return setDepth(node.selectionSet);
    return node.name.value.startsWith('__') ? 0 : 1 + setDepth(node.selectionSet);
  };
  const setDepth = (set: SelectionSetNode | undefined): number =>
    (set?.selections ?? []).reduce((deepest, node) => Math.max(deepest, nodeDepth(node)), 0);
  return setDepth;
};

const maxDepthRule = (context: ValidationContext): ASTVisitor => {
  const depthOf = createDepthMeter((name) => context.getFragment(name));
  return {
    OperationDefinition: (node) => {
      const depth = depthOf(node.selectionSet);
      if (depth > limits.depth)
        context.reportError(
          new GraphQLError(`The operation is ${depth} levels deep; at most ${limits.depth} are allowed`, {
            nodes: node,
          }),
        );
    },
  };
};

const maxAliasesRule = (context: ValidationContext): ASTVisitor => {
  let aliases = 0;
  return {
    Field: (node) => {
      if (node.alias === undefined) return;
      aliases += 1;
      if (aliases === limits.aliases + 1)
        context.reportError(new GraphQLError(`The document has more than ${limits.aliases} aliases`, { nodes: node }));
    },
  };
};

/** For answers that come at once: without this a subscription would look like a bug. */
export const noSubscriptionsRule = (context: ValidationContext): ASTVisitor => ({
  OperationDefinition: (node) => {
    if (node.operation !== OperationTypeNode.SUBSCRIPTION) return;
    const message = 'A subscription is a stream: ask with `Accept: text/event-stream`, or over WebSocket';
    context.reportError(new GraphQLError(message, { nodes: node }));
  },
});

const isRepeated = (count: number): boolean => count === limits.repeats + 1;

const maxSpreadsRule = (context: ValidationContext): ASTVisitor => {
  let spreads = 0;
  return {
    FragmentSpread: (node) => {
      spreads += 1;
      if (spreads === limits.spreads + 1)
        context.reportError(
          new GraphQLError(`The document spreads more than ${limits.spreads} fragments`, { nodes: node }),
        );
    },
  };
};

const maxRepeatsRule = (context: ValidationContext): ASTVisitor => ({
  SelectionSet: ({ selections }) => {
    const seen = new Map<string, number>();
    for (const node of selections) {
      if (node.kind !== Kind.FIELD) continue;
      const name = (node.alias ?? node.name).value;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      if (isRepeated(count))
        context.reportError(
          new GraphQLError(`A field stands more than ${limits.repeats} times in one place`, { nodes: node }),
        );
    }
  },
});

/** What bounds the work of all other rules; cheap by themselves. */
export const boundingRules = [maxDepthRule, maxAliasesRule, maxSpreadsRule, maxRepeatsRule];
