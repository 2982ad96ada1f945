/** Who asks, as the gateway has signed it, with what config knows of an API key. */
import { isId } from '@sendpool/kernel';
import { loadKey } from './loaders.ts';
import type { QueryResolvers } from './schema.generated.ts';
import type { KeyUseCases } from './use-cases.ts';

const dateOf = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms));

export const createViewerResolvers = (use: Pick<KeyUseCases, 'keys'>) => ({
  Query: {
    viewer: async (_, _arguments, context) => {
      const { keyId: id, role, expiresAt } = context.actor;
      if (!isId(id)) return { kind: 'USER', id, role, name: null, expiresAt: dateOf(expiresAt) };
      const key = await loadKey(context, use.keys, id);
      return { kind: 'API_KEY', id, role, name: key?.name ?? null, expiresAt: key?.expiresAt ?? null };
    },
  } satisfies QueryResolvers,
});
