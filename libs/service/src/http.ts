/** The one HTTP port of a process: health, readiness, metrics, and the routes of the service. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, sleep, type ErrorCode } from '@sendpool/kernel';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { isUpgrade, takeUpgrades, type Upgrade } from './upgrades.ts';

export type Route = {
  method: 'GET' | 'POST' | 'OPTIONS';
  /** Exact, or a prefix that ends in `*`. The first route that fits is taken. */
  path: string;
  /**
   * May throw: the server then answers 500 without details, and logs. May answer before the body has been read: the rest is read
   * and dropped for 5 seconds, so that the client sees the answer. Do not set `connection: close` then: it would cut it off.
   */
  handle(req: IncomingMessage, res: ServerResponse): void | Promise<void>;
};

export type HttpOptions = {
  host: string;
  port: number;
  /** Longest time a request may take to arrive. Default 300,000 ms; raise it where large files are uploaded. */
  requestTimeoutMs?: number;
};

export type HttpServer = {
  /** The port that was taken. */
  readonly port: number;
  /** Lets requests in to the routes; before it they get 503. */
  open(): void;
  /** Answers 503 to new requests and waits, at most `deadlineMs`, for those that run. Health and readiness are still answered. */
  drain(deadlineMs: number): Promise<void>;
  close(): Promise<void>;
};

const restMs = 5000;

const notReady = { code: 'UNAVAILABLE', message: 'The service is not ready; try again in a moment' } as const;

type Readiness = { ready: boolean; parts: Record<string, boolean> };
type HttpDeps = {
  routes: readonly Route[];
  upgrades: readonly Upgrade[];
  readiness: () => Readiness;
  log: Log;
  metrics: Metrics;
};
type State = { open: boolean; running: number };

export const answerJson = (res: ServerResponse, status: number, body: unknown): void => {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  res.end(JSON.stringify(body));
};

const pathOf = (req: IncomingMessage): string => (req.url ?? '/').split('?', 1)[0]!;

const fits = (route: Route, path: string): boolean =>
  route.path.endsWith('*') ? path.startsWith(route.path.slice(0, -1)) : path === route.path;

const ownRoutes = ({ readiness, metrics }: HttpDeps): Route[] => [
  { method: 'GET', path: '/healthz', handle: (_req, res) => answerJson(res, 200, { alive: true }) },
  {
    method: 'GET',
    path: '/readyz',
    handle: (_req, res) => {
      const state = readiness();
      answerJson(res, state.ready ? 200 : 503, state);
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    handle: async (_req, res) => {
      res.writeHead(200, { 'content-type': metrics.registry.contentType }).end(await metrics.registry.metrics());
    },
  },
];

const refuse = (res: ServerResponse, status: number, error: { code: ErrorCode; message: string }): void =>
  answerJson(res, status, { error });

const refuseUnknown = (routes: readonly Route[], req: IncomingMessage, res: ServerResponse): void => {
  const methods = new Set(routes.filter((route) => fits(route, pathOf(req))).map(({ method }) => method));
  if (methods.size === 0) return refuse(res, 404, { code: 'NOT_FOUND', message: 'There is nothing at this path' });
  const allowed = [...methods].join(', ');
  res.setHeader('allow', allowed);
  refuse(res, 405, { code: 'BAD_INPUT', message: `Only ${allowed} is answered at this path` });
};

/** An answer that has begun cannot be taken back: the connection is cut, so that the client sees it as broken. */
const answerFault = (res: ServerResponse): void => {
  if (res.headersSent) res.destroy();
  else refuse(res, 500, { code: 'INTERNAL', message: 'Internal error' });
};

const runRoute = async (
  route: Route,
  exchange: { req: IncomingMessage; res: ServerResponse; log: Log },
): Promise<void> => {
  const { req, res, log } = exchange;
  try {
    await route.handle(req, res);
  } catch (error) {
    log.error({ error, method: req.method, route: route.path }, 'a request failed');
    answerFault(res);
  }
};

/** It lasts as long as its client likes: its duration would say nothing of how fast requests are answered. */
const isEventStream = (res: ServerResponse): boolean =>
  String(res.getHeader('content-type')).startsWith('text/event-stream');

/** Drops the rest of a body, which Node does by itself only when nobody has begun to read it, and bounds for how long. */
const dropRest = (req: IncomingMessage): void => {
  if (req.complete) return;
  req.resume();
  setTimeout(() => req.complete || req.destroy(), restMs).unref();
};

const createHandler = (deps: HttpDeps, state: State): ((req: IncomingMessage, res: ServerResponse) => void) => {
  const own = ownRoutes(deps);
  const all = [...own, ...deps.routes];
  const duration = deps.metrics.histogram(
    'http_request_duration_seconds',
    'Time from request to the end of the answer.',
    {
      labels: ['route', 'status'],
    },
  );
  return (req, res) => {
    const route = all.find((candidate) => candidate.method === req.method && fits(candidate, pathOf(req)));
    if (route === undefined) return refuseUnknown(all, req, res);
    if (own.includes(route)) return void runRoute(route, { req, res, log: deps.log });
    if (!state.open) return refuse(res.setHeader('connection', 'close'), 503, notReady);
    state.running += 1;
    const stopTimer = duration.startTimer({ route: route.path });
    res.once('close', () => {
      state.running -= 1;
      if (!isEventStream(res)) stopTimer({ status: String(res.statusCode) });
    });
    res.once('finish', () => dropRest(req));
    void runRoute(route, { req, res, log: deps.log });
  };
};

const listen = (server: Server, { host, port }: HttpOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new AppError('BAD_CONFIGURATION', `cannot listen on ${host}:${port}: ${cause.message}`, { cause })),
    );
    server.listen(port, host, resolve);
  });

const waitUntilIdle = async (state: State, deadlineMs: number): Promise<void> => {
  const end = performance.now() + deadlineMs;
  while (state.running > 0 && performance.now() < end) await sleep(20);
};

/** Listens at once for health and readiness; the routes wait for `open`. */
export const startHttp = async (options: HttpOptions, deps: HttpDeps): Promise<HttpServer> => {
  const state: State = { open: false, running: 0 };
  const requestTimeout = options.requestTimeoutMs ?? 300_000;
  const server = createServer(
    { requestTimeout, shouldUpgradeCallback: isUpgrade(deps.upgrades) },
    createHandler(deps, state),
  );
  takeUpgrades(server, deps.upgrades, () => state.open);
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    open: () => {
      state.open = true;
    },
    drain: async (deadlineMs) => {
      state.open = false;
      await waitUntilIdle(state, deadlineMs);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
