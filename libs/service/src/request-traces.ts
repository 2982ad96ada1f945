/** Which requests are traced: what a traced request asks for; at the public door every change, and a share of the queries. */
import type { Tracing, TraceSpan } from './tracing.ts';

type RequestStart = { name: string; operation: string; parent: string | undefined; startMs: number };

export type RequestTraces = {
  /** The span of a request at this door; undefined when it is not traced. */
  request(start: RequestStart): TraceSpan | undefined;
  /** The span of a question to another service. */
  question(upstream: string, parent: string): TraceSpan;
};

/** The last part of a traceparent: the lowest bit says that its sender traces (W3C Trace Context). */
const isTraced = (parent: string): boolean => (Number.parseInt(parent.split('-')[3] ?? '', 16) & 1) === 1;

/** `share` of the queries, 0 to 1; undefined behind the public door, where nothing is traced by itself. */
export const createRequestTraces = (
  tracing: Tracing | undefined,
  share?: number,
  random: () => number = Math.random,
): RequestTraces | undefined => {
  if (tracing === undefined) return undefined;
  const isWanted = ({ operation, parent }: RequestStart): boolean => {
    if (parent !== undefined) return isTraced(parent);
    return share !== undefined && (operation === 'mutation' || random() < share);
  };
  return {
    request: (start) => {
      const { name, parent, startMs } = start;
      return isWanted(start) ? tracing.open({ name, kind: 'SERVER', parent, startMs }) : undefined;
    },
    question: (upstream, parent) => tracing.open({ name: `ask ${upstream}`, kind: 'CLIENT', parent }),
  };
};
