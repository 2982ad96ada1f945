/** Pages of other origins (CORS): which of them a browser lets ask this API, and read its answers. Their keys come in a header, so no cookie is let in. */
import type { ServerResponse } from 'node:http';
import { refusePlainly, type Problem } from '@sendpool/graphql';
import type { Route } from '@sendpool/service';

/** What clients of this API send beyond what a browser lets every page send. */
const asked = [
  'authorization',
  'content-type',
  'idempotency-key',
  'x-request-id',
  'apollo-require-preflight',
  'traceparent',
].join(', ');

/** What a page may read beside what a browser always shows it. */
const shown = ['x-request-id', 'retry-after', 'ratelimit', 'ratelimit-policy', 'content-disposition'].join(', ');

/** Seconds for which a browser need not ask again; longer than a change of the origins should take to be seen. */
const maxAge = '600';

const notAllowed: Problem = {
  status: 403,
  code: 'FORBIDDEN',
  message: 'ALLOWED_ORIGINS does not name the origin of this page',
};

type Origins = ReadonlySet<string>;

/** Whether the origin is one of them. The answer depends on it, whichever it is: caches keep them apart. */
const isLetIn = (origins: Origins, origin: string | undefined, res: ServerResponse): origin is string => {
  res.setHeader('vary', 'Origin');
  return origin !== undefined && origins.has(origin);
};

const opened = (origins: Origins, route: Route): Route => ({
  ...route,
  handle: (req, res) => {
    const { origin } = req.headers;
    if (isLetIn(origins, origin, res)) {
      res.setHeader('access-control-allow-origin', origin);
      res.setHeader('access-control-expose-headers', shown);
    }
    return route.handle(req, res);
  },
});

/** What a browser asks before it sends a request of a page: no key comes with it. */
const preflight = (origins: Origins, path: string, methods: readonly string[]): Route => ({
  method: 'OPTIONS',
  path,
  handle: ({ headers: { origin } }, res) => {
    if (!isLetIn(origins, origin, res)) return refusePlainly(res, notAllowed);
    res.writeHead(204, {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': asked,
      'access-control-max-age': maxAge,
    });
    res.end();
  },
});

/** The routes, open to pages of `origins` too. Without any they stay as they are. */
export const withCors = (origins: readonly string[], routes: readonly Route[]): Route[] => {
  if (origins.length === 0) return [...routes];
  const allowed = new Set(origins);
  const paths = Map.groupBy(routes, ({ path }) => path);
  const preflights = [...paths].map(([path, group]) =>
    preflight(
      allowed,
      path,
      group.map(({ method }) => method),
    ),
  );
  return [...routes.map((route) => opened(allowed, route)), ...preflights];
};
