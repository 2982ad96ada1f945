/** For specs: services and gateways of a few lines each, on real ports. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { createStitchedEngine, createSubgraph, type GraphQLDoor, type SubgraphOptions } from './index.ts';
import { createGateway, type GatewayDoor, type GatewayOptions } from './gateway.ts';

export const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What no client may ever see. */
export const canary = 'sp_01234567_hunter2hunter2hunter2 at 10.0.0.7:5432';

/** The schema of a service: what is its own, after what all services have. */
export const serviceSdl = (own: string): string => `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  directive @access(role: Role!) on FIELD_DEFINITION
  enum Role { READER OPERATOR ADMIN }
  ${own}`;

type Door = GraphQLDoor & Partial<Pick<GatewayDoor, 'upgrade'>>;

export type Running = {
  url: string;
  port: number;
  door: Door;
  server: Server;
  /** The Authorization header of each request so far. */
  calls: (string | undefined)[];
  stop(): Promise<void>;
};

const serve = async (door: Door): Promise<Running> => {
  const calls: (string | undefined)[] = [];
  const server = createServer((req, res) => {
    calls.push(req.headers.authorization);
    const route = door.routes.find(({ path }) => path === req.url);
    if (route === undefined) return void res.writeHead(404).end();
    route.handle(req, res).catch(() => res.destroy());
  });
  if (door.upgrade !== undefined) server.on('upgrade', door.upgrade.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    door.part.drain();
    server.closeAllConnections();
    server.close();
    await door.part.stop(1000);
  };
  return { url: `http://127.0.0.1:${port}/graphql`, port, door, server, calls, stop };
};

/** Stands in for the signature of libs/service. */
export const sign = ({ actor }: { actor: object }) => ({ 'x-actor': JSON.stringify(actor) });
const signedActor: SubgraphOptions['actorOf'] = (req) =>
  JSON.parse(String(req.headers['x-actor'] ?? 'null')) ?? undefined;

export const startSubgraph = async (
  typeDefs: string,
  resolvers: object,
  options: Partial<SubgraphOptions> = {},
): Promise<Running> =>
  serve(await createSubgraph({ typeDefs, resolvers, log: silent, actorOf: signedActor, ...options }));

/** Places in it lead nowhere: the addresses of the environment count. */
export const composed = (sdls: Record<string, string>): string => {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(sdls).map(([name, sdl]) => ({ name, typeDefs: parse(sdl), url: 'http://nowhere.example/graphql' })),
  );
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'the schemas cannot be composed');
  return supergraphSdl;
};

export const startGateway = async (
  sdls: Record<string, string>,
  services: Record<string, { readonly url: string }>,
  options: Pick<GatewayOptions, 'authenticate'> & Partial<GatewayOptions>,
): Promise<Running> => {
  const urls = Object.fromEntries(Object.entries(services).map(([name, { url }]) => [name, [url]]));
  const engine = createStitchedEngine({ supergraphSdl: composed(sdls), urls, sign, log: silent });
  return serve(await createGateway({ engine, introspection: true, log: silent, ...options }));
};
