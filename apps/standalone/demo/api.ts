/** A client of the public API, as any front end would write one: fetch, one key, one function. */

export type Api = {
  /** Runs one operation. Throws with the message of the first error, or of the first refusal in a result union. */
  run<Data>(document: string, variables?: Record<string, unknown>): Promise<Data>;
  uploadContacts(audienceId: string, csv: string): Promise<UploadAnswer>;
};

type UploadAnswer = {
  imported: number;
  updated: number;
  unchanged: number;
  rejected: number;
  errors: { row: number; column: string | null; message: string }[];
};

type Answer<Data> = { data?: Data; errors?: { message: string }[] };
type MaybeRefused = { errors?: { message: string; path: string[] | null }[] } | null;

const refusalIn = (data: object): string | undefined => {
  for (const value of Object.values(data) as MaybeRefused[]) {
    const [first] = value?.errors ?? [];
    if (first !== undefined) return `${first.message}${first.path === null ? '' : ` (${first.path.join('.')})`}`;
  }
  return undefined;
};

/** `gatewayUrl` is asked for each call, since a system that starts again may have another port. */
export const createApi = (gatewayUrl: () => string, key: string): Api => {
  const authorization = `Bearer ${key}`;
  return {
    run: async <Data>(document: string, variables: Record<string, unknown> = {}): Promise<Data> => {
      const response = await fetch(`${gatewayUrl()}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query: document, variables }),
      });
      const answer = (await response.json()) as Answer<Data & object>;
      if (answer.errors !== undefined) throw new Error(answer.errors[0]!.message);
      const refusal = refusalIn(answer.data!);
      if (refusal !== undefined) throw new Error(refusal);
      return answer.data!;
    },
    uploadContacts: async (audienceId, csv) => {
      const response = await fetch(`${gatewayUrl()}/audiences/${audienceId}/contacts`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv', authorization },
        body: csv,
      });
      if (!response.ok) throw new Error(`the upload was refused: ${response.status} ${await response.text()}`);
      return (await response.json()) as UploadAnswer;
    },
  };
};
