/** Lists of named rows, as the stores of this service give them. */
import { namedConnection, type CountedConnection } from '@sendpool/graphql';
import type { Listed } from '../../domain/stores.ts';

type Asked = Parameters<typeof namedConnection>[0];

/** Throws AppError BAD_INPUT as `namedConnection` does. */
export const listOf = <Node extends { readonly id: string; readonly name: string }>(
  asked: Asked,
  rows: Listed<Node>,
): CountedConnection<Node> =>
  namedConnection(asked, {
    page: ({ first, ...page }, nameContains) => rows.page({ ...page, count: first + 1, nameContains }),
    count: rows.count,
  });
