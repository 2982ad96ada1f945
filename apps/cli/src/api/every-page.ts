/** Reads a connection to its end, a page of 100 at a time. */
import type { Api } from './ask.ts';

type Page<Node> = { nodes: readonly Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

/** `selection` is what is read of each node. */
export const everyPage = async <Node>(api: Api, field: string, selection: string): Promise<Node[]> => {
  const query = `query ($after: String) {
    page: ${field}(first: 100, after: $after) { nodes { ${selection} } pageInfo { hasNextPage endCursor } }
  }`;
  const all: Node[] = [];
  let after: string | null = null;
  for (;;) {
    const { page }: { page: Page<Node> | null } = await api.ask(query, { after });
    all.push(...(page?.nodes ?? []));
    if (page?.pageInfo.hasNextPage !== true) return all;
    after = page.pageInfo.endCursor;
  }
};
