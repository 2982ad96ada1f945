/** Puts the first ADMIN key in at the start, when the environment names one and no key exists. */
import { newId } from '@sendpool/kernel';
import type { Log, Part } from '@sendpool/service';
import { createBootstrapAdminKey } from './domain/bootstrap-admin-key.ts';
import type { KeyStore } from './domain/stores.ts';
import type { ConfigEnv } from './env.ts';

export const createFirstKey = (env: ConfigEnv, keys: KeyStore, log: Log): Part => ({
  name: 'first-key',
  start: async () => {
    const { BOOTSTRAP_ADMIN_KEY_HASH: hash, BOOTSTRAP_ADMIN_KEY_PREFIX: prefix } = env;
    if (hash === undefined || prefix === undefined) return;
    const put = createBootstrapAdminKey({ keys, newId, now: () => new Date() });
    if (await put({ hash, prefix })) log.info({ prefix }, 'the first ADMIN key was put in');
  },
});
