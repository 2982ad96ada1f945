/** Servers and pools for the specs, as config declares them. */
import {
  alwaysIn,
  defaultRotateOut,
  onlyConnections,
  type PoolConfig,
  type SendingServerConfig,
} from '@sendpool/contracts';

/** Active and verified. */
export const serverConfig = (id: string, facts: Partial<SendingServerConfig> = {}): SendingServerConfig => ({
  type: 'SERVER',
  id,
  revision: 1,
  deleted: false,
  name: id,
  kind: 'SMTP',
  state: 'ACTIVE',
  verified: true,
  host: '127.0.0.1',
  port: 25,
  tls: 'NONE',
  username: null,
  password: null,
  ses: null,
  caCertificate: null,
  fromDomains: [],
  limits: onlyConnections(10),
  warmUp: null,
  ...facts,
});

/** Members of equal weight, all in. */
export const poolConfig = (id: string, serverIds: readonly string[], facts: Partial<PoolConfig> = {}): PoolConfig => ({
  type: 'POOL',
  id,
  revision: 1,
  deleted: false,
  name: id,
  whenBusy: 'KEEP_WEIGHTS',
  isp: 'SPREAD',
  rotateOut: defaultRotateOut,
  members: serverIds.map((serverId) => ({ serverId, weight: 1, role: null, rotation: alwaysIn })),
  ...facts,
});
