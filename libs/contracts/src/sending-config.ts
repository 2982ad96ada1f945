/** sendpool.sending-config.v1: sending servers and pools as config wants them in force everywhere. Key = `server:<id>` or `pool:<id>`. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';
import { limitModes, providerModes, rotateOutRules, rotationStates, serverKinds, tlsPolicies } from './words.ts';

/** A secret sealed with AES-256-GCM under the key named `keyId`; the additional data is the id of its owner. Base64 each. */
const sealedSecretSchema = z.object({ keyId: z.string(), iv: z.string(), data: z.string(), tag: z.string() });
export type SealedSecret = z.infer<typeof sealedSecretSchema>;

const rate = z.number().nullable().default(null);

/** Messages in a span of time over the whole cluster; null = no limit. A day is one of UTC. */
const rateLimits = {
  messagesPerSecond: rate,
  messagesPerMinute: rate,
  messagesPerHour: rate,
  messagesPerDay: rate,
};

/** Limits of a server towards one mailbox provider. */
const providerLimits = z.object({ provider: z.string(), ...rateLimits, maxConnections: z.number().int().nullable() });
export type ProviderLimits = z.infer<typeof providerLimits>;

const limits = z.object({
  /** Connections over the whole cluster. */
  maxConnections: z.number().int(),
  messagesPerConnection: z.number().int().nullable(),
  ...rateLimits,
  whenLimited: z.enum(limitModes).default('OVERFLOW'),
  providers: z.array(providerLimits).default([]),
});
export type ServerLimits = z.infer<typeof limits>;

/** Limits that a server with so many connections and nothing else declared has. */
export const onlyConnections = (maxConnections: number): ServerLimits => ({
  maxConnections,
  messagesPerConnection: null,
  messagesPerSecond: null,
  messagesPerMinute: null,
  messagesPerHour: null,
  messagesPerDay: null,
  whenLimited: 'OVERFLOW',
  providers: [],
});

/** Messages a day from the first one on; after the last day there is no limit. Held days are repeated. */
const warmUp = z.object({
  /** Start of its first day in UTC, milliseconds since 1970. */
  startsAt: z.number(),
  /** Days on which the plan stood still because of bounces. */
  heldDays: z.number().int(),
  perDay: z.array(z.number().int()),
  /** For single mailbox providers, beside the sum of all: as many days, and on none more than it. */
  providers: z.array(z.object({ provider: z.string(), perDay: z.array(z.number().int()) })),
});
export type WarmUp = z.infer<typeof warmUp>;

const server = z.object({
  type: z.literal('SERVER'),
  id: z.string(),
  /** Grows with each change; readers keep the highest. */
  revision: z.number().int(),
  deleted: z.boolean(),
  name: z.string(),
  kind: z.enum(serverKinds),
  state: z.enum(['ACTIVE', 'INACTIVE']),
  verified: z.boolean(),
  /** Of kind SES: host and port of the SES v2 API. */
  host: z.string(),
  port: z.number().int(),
  tls: z.enum(tlsPolicies),
  /** Of kind SES: the access key id and the secret access key; null = the credentials of the process (the default AWS chain). */
  username: z.string().nullable(),
  password: sealedSecretSchema.nullable(),
  /** Of kind SES alone. */
  ses: z.object({ region: z.string(), configurationSet: z.string().nullable() }).nullable().default(null),
  /** PEM of the authority that signed the server's certificate, when it is not a public one. */
  caCertificate: z.string().nullable(),
  /** Domains it may send From: `example.com` that one alone, `*.example.com` it and all its subdomains; see `mayBeFrom`. */
  fromDomains: z.array(z.string()),
  limits,
  warmUp: warmUp.nullable().default(null),
});

const rotation = z.object({
  state: z.enum(rotationStates),
  /** Since when, milliseconds since 1970. */
  since: z.number(),
  /** When an OUT ends by itself; null = by hand only, or it is not OUT. */
  until: z.number().nullable(),
  /** How often in a row it was rotated out: each time twice as long. */
  times: z.number().int(),
  /** In words, for people; null while it is IN and always was. */
  reason: z.string().nullable(),
});
export type Rotation = z.infer<typeof rotation>;
export const alwaysIn: Rotation = { state: 'IN', since: 0, until: null, times: 0, reason: null };

const rotateOut = z.object({
  rule: z.enum(rotateOutRules),
  /** Bounce rate that is still allowed, 0 to 1. */
  maxBounceRate: z.number(),
  /** Sends before LITERAL says anything. */
  minSends: z.number().int(),
});
export type RotateOutPolicy = z.infer<typeof rotateOut>;
export const defaultRotateOut: RotateOutPolicy = { rule: 'SIGNIFICANT', maxBounceRate: 0.03, minSends: 1000 };

const member = z.object({
  serverId: z.string(),
  weight: z.number().int(),
  role: z.string().nullable(),
  rotation: rotation.default(alwaysIn),
});

const pool = z.object({
  type: z.literal('POOL'),
  id: z.string(),
  revision: z.number().int(),
  deleted: z.boolean(),
  name: z.string(),
  whenBusy: z.enum(['KEEP_WEIGHTS', 'OVERFLOW']),
  isp: z.enum(providerModes).default('SPREAD'),
  rotateOut: rotateOut.default(defaultRotateOut),
  members: z.array(member),
});

const sendingConfigSchema = z.discriminatedUnion('type', [server, pool]);
export type SendingConfig = z.infer<typeof sendingConfigSchema>;
export type SendingServerConfig = z.infer<typeof server>;
export type PoolConfig = z.infer<typeof pool>;

export const sendingConfigTopic = defineTopic({
  name: 'sendpool.sending-config.v1',
  cleanup: 'COMPACTED',
  partitions: 'ONE',
  value: sendingConfigSchema,
});

export const sendingConfigKey = (config: Pick<SendingConfig, 'type' | 'id'>): string =>
  `${config.type.toLowerCase()}:${config.id}`;
