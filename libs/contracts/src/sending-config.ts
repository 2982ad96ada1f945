/** sendpool.sending-config.v1: sending servers and pools as config wants them in force everywhere. Key = `server:<id>` or `pool:<id>`. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';
import { tlsPolicies } from './words.ts';

/** A secret sealed with AES-256-GCM under the key named `keyId`; the additional data is the id of its owner. Base64 each. */
const sealedSecretSchema = z.object({ keyId: z.string(), iv: z.string(), data: z.string(), tag: z.string() });
export type SealedSecret = z.infer<typeof sealedSecretSchema>;

const server = z.object({
  type: z.literal('SERVER'),
  id: z.string(),
  /** Grows with each change; readers keep the highest. */
  revision: z.number().int(),
  deleted: z.boolean(),
  name: z.string(),
  kind: z.literal('SMTP'),
  state: z.enum(['ACTIVE', 'INACTIVE']),
  verified: z.boolean(),
  host: z.string(),
  port: z.number().int(),
  tls: z.enum(tlsPolicies),
  username: z.string().nullable(),
  password: sealedSecretSchema.nullable(),
  /** PEM of the authority that signed the server's certificate, when it is not a public one. */
  caCertificate: z.string().nullable(),
  /** Domains it may send From: `example.com` that one alone, `*.example.com` it and all its subdomains; see `mayBeFrom`. */
  fromDomains: z.array(z.string()),
  limits: z.object({
    /** Connections over the whole cluster. */
    maxConnections: z.number().int(),
    messagesPerConnection: z.number().int().nullable(),
    /** Messages per second over the whole cluster; null = no limit. */
    messagesPerSecond: z.number().nullable(),
  }),
});

const pool = z.object({
  type: z.literal('POOL'),
  id: z.string(),
  revision: z.number().int(),
  deleted: z.boolean(),
  name: z.string(),
  whenBusy: z.enum(['KEEP_WEIGHTS', 'OVERFLOW']),
  members: z.array(z.object({ serverId: z.string(), weight: z.number().int(), role: z.string().nullable() })),
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
