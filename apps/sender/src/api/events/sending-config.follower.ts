/** Keeps servers and pools in step with sendpool.sending-config; the highest revision of each wins. Opens the passwords. */
import {
  sendingConfigTopic,
  type PoolConfig,
  type SealedSecret,
  type SendingConfig,
  type SendingServerConfig,
} from '@sendpool/contracts';
import type { Part } from '@sendpool/service';
import { createNewest } from '../../domain/newest.ts';
import { followTopic, type FollowDeps } from './follow.ts';

export type SendingConfigDeps = FollowDeps & {
  /** `password` is plain text; null when the server has none. */
  server(config: SendingServerConfig, password: string | null): void;
  pool(config: PoolConfig): void;
  /** Throws AppError DECRYPTION_FAILED. */
  open(sealed: SealedSecret, ownerId: string): string;
};

const applyServer = (config: SendingServerConfig, deps: SendingConfigDeps): void => {
  try {
    deps.server(config, config.password === null ? null : deps.open(config.password, config.id));
  } catch (error) {
    deps.log.error(
      { error, server: config.id, revision: config.revision },
      'a server cannot be used: its password does not open',
    );
    deps.server({ ...config, verified: false }, null);
  }
};

const apply = (config: SendingConfig, deps: SendingConfigDeps): void => {
  if (config.type === 'SERVER') applyServer(config, deps);
  else deps.pool(config);
};

export const followSendingConfig = (deps: SendingConfigDeps): Part => {
  const servers = createNewest<SendingServerConfig>();
  const pools = createNewest<PoolConfig>();
  const isNew = (config: SendingConfig): boolean =>
    config.type === 'SERVER' ? servers.put(config) : pools.put(config);
  return followTopic(
    sendingConfigTopic,
    (config) => {
      if (isNew(config)) apply(config, deps);
    },
    deps,
  );
};
