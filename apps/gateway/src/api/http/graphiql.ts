/** GET /graphiql: a page to try the API in. It holds nothing secret: what it asks needs the key that is put into its headers. */
import { AppError } from '@sendpool/kernel';
import type { Route } from '@sendpool/service';

const title = 'Sendpool GraphiQL';

const headers = JSON.stringify({ authorization: 'Bearer <your API key>' }, null, 2);

/** Lines that are no wider than the editor: it cuts off what is longer. The page asks for the schema when it is opened, without a key. */
const defaultQuery = `# 1. Put your API key into "Headers" below.
# 2. Press the circle at the bottom left
#    (re-fetch GraphQL schema): then
#    documentation and completion are there.
# 3. Press Ctrl-Enter.
# The browser keeps the key: on a machine
# that others use, take a READER's.
query Servers {
  sendingServers(first: 10) {
    nodes {
      name
      state
      stats(window: LAST_HOUR) { accepted bounceRate }
    }
  }
}

# The numbers of a campaign as they change:
# subscription Progress {
#   campaignProgress(campaignId: "...") {
#     done accepted bounced waitingFor
#   }
# }
`;

/** The page is one file with its scripts inside; nobody else may frame it, and it may ask this origin only. */
const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Server-sent events, since a browser sends no headers with a WebSocket; by POST, since this API takes no operation by GET. */
const transport = { endpoint: '/graphql', subscriptionsProtocol: 'GRAPHQL_SSE', method: 'POST' };

/** As a plain text, since the types of the package would bring those of a browser into the whole project. */
const rendererPackage: string = '@graphql-yoga/render-graphiql';

type Renderer = { renderGraphiQL(options: Record<string, string>): string };

const loadRenderer = async (): Promise<Renderer> => {
  try {
    return (await import(rendererPackage)) as Renderer;
  } catch (cause) {
    throw new AppError('BAD_CONFIGURATION', `GRAPHIQL=true needs the optional package ${rendererPackage}`, {
      cause,
    });
  }
};

/** Throws AppError BAD_CONFIGURATION when the page is not installed, as in an image without optional packages. */
export const createGraphiql = async (): Promise<Route> => {
  const { renderGraphiQL } = await loadRenderer();
  const page = Buffer.from(renderGraphiQL({ title, headers, defaultQuery, ...transport }));
  return {
    method: 'GET',
    path: '/graphiql',
    handle: (_req, res) => {
      res.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': policy,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      res.end(page);
    },
  };
};
