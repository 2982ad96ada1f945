/** Looks up a host for a connection, and hands on only what may be reached: what a name led to when it was checked says nothing of now. */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as dnsLookup, Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { AppError, isPublicAddress } from '@sendpool/kernel';
import { hostOf, notPublic } from '../../domain/webhook-url.ts';

/** All addresses of a host, in the order in which they are to be tried. */
export type LookUpAll = (host: string) => Promise<LookupAddress[]>;

export type Reach = {
  /** For the options of a connection. */
  readonly lookup: LookupFunction;
  /** False for an address in the URL itself that may not be reached: such a one is never looked up. */
  mayConnect(url: URL): boolean;
  /** False when the host is not known or leads to no address that may be reached. */
  isReachable(url: URL): Promise<boolean>;
};

/** As the operating system does it, with names of this machine and its network. */
const lookUpInside: LookUpAll = (host) => dnsLookup(host, { all: true });

const dnsTimeoutMs = 3000;

/**
 * Asks the name servers themselves: the system's way holds one of Node's four threads until it ends, so that four names whose servers are
 * silent would hold up every other.
 */
export const createResolve = (servers?: readonly string[], timeoutMs = dnsTimeoutMs): LookUpAll => {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2, maxTimeout: timeoutMs });
  if (servers !== undefined) resolver.setServers(servers);
  return async (host) => {
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const addresses = found.map((one) => (one.status === 'fulfilled' ? one.value : []));
    return [4, 6].flatMap((family, index) => addresses[index]!.map((address) => ({ address, family })));
  };
};

/** Where private addresses are allowed, their names are too. */
export const lookUpFor = (allowPrivate: boolean): LookUpAll => (allowPrivate ? lookUpInside : createResolve());

type Answer = Parameters<LookupFunction>[2];

/** Node asks for all addresses when it tries several, and for one otherwise. */
const answerWith = (addresses: readonly LookupAddress[], { all }: LookupOptions, answer: Answer): void => {
  const [first] = addresses;
  if (first === undefined) answer(new AppError('BAD_INPUT', notPublic), '', 0);
  else if (all === true) answer(null, [...addresses]);
  else answer(null, first.address, first.family);
};

export const createReach = ({ allowPrivate, lookUp }: { allowPrivate: boolean; lookUp: LookUpAll }): Reach => {
  const allowed = async (host: string): Promise<LookupAddress[]> => {
    const addresses = await lookUp(host).catch(() => []);
    return allowPrivate ? addresses : addresses.filter(({ address }) => isPublicAddress(address));
  };
  const mayConnect = (url: URL): boolean => allowPrivate || isIP(hostOf(url)) === 0 || isPublicAddress(hostOf(url));
  return {
    mayConnect,
    lookup: (host, options, answer) => void allowed(host).then((addresses) => answerWith(addresses, options, answer)),
    isReachable: async (url) => (isIP(hostOf(url)) === 0 ? (await allowed(hostOf(url))).length > 0 : mayConnect(url)),
  };
};
