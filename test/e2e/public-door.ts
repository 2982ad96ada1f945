/** The public API as a careless or hostile client sees it: any key, any body, and answers as they came. */
import { newId } from '@sendpool/kernel';

type Refusal = { code: string; message: string; path: string[] | null };

export type Answer = {
  status: number;
  text: string;
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string } }[];
};

type Sent = { key?: string | undefined; type?: string; method?: string; path?: string; body?: string | Buffer };

export type Door = {
  /** One request, byte for byte. */
  send(sent: Sent): Promise<Answer>;
  query(query: string, variables?: object, key?: string): Promise<Answer>;
  /** One mutation with its input. The answer has `refusals`, empty when it was taken. */
  mutate(name: Mutation, input: object, key?: string): Promise<Answer & { refusals: Refusal[]; id: string }>;
  upload(audienceId: string, file: string | Buffer, key?: string): Promise<Answer>;
};

const campaign = ['CampaignPayload', 'campaign { id }'] as const;
const server = ['SendingServerPayload', 'server { id }'] as const;
const payloads = {
  createSendingServer: ['CreateSendingServerInput', ...server],
  createPool: ['CreatePoolInput', 'PoolPayload', 'pool { id }'],
  updatePool: ['UpdatePoolInput', 'PoolPayload', 'pool { id }'],
  createApiKey: ['CreateApiKeyInput', 'CreateApiKeyPayload', 'apiKey { id } secret'],
  revokeApiKey: ['RevokeApiKeyInput', 'RevokeApiKeyPayload', 'apiKey { id }'],
  createAudience: ['CreateAudienceInput', 'AudiencePayload', 'audience { id }'],
  createCampaign: ['CreateCampaignInput', ...campaign],
  updateCampaign: ['UpdateCampaignInput', ...campaign],
  startCampaign: ['StartCampaignInput', ...campaign],
  pauseCampaign: ['PauseCampaignInput', ...campaign],
  resumeCampaign: ['ResumeCampaignInput', ...campaign],
  cancelCampaign: ['CancelCampaignInput', ...campaign],
  createWebhook: ['CreateWebhookInput', 'WebhookSecretPayload', 'webhook { id }'],
} as const;

export type Mutation = keyof typeof payloads;

const textOf = (name: Mutation): string => {
  const [input, payload, fields] = payloads[name];
  const refused = '... on Refused { errors { code message path } }';
  return `mutation ($input: ${input}!) { ${name}(input: $input) { ... on ${payload} { ${fields} } ${refused} } }`;
};

export const createDoor = (gatewayUrl: () => string, adminKey: string): Door => {
  const send = async (sent: Sent): Promise<Answer> => {
    const { method = 'POST', path = '/graphql', type = 'application/json', body } = sent;
    const key = 'key' in sent ? sent.key : adminKey;
    const headers = { 'content-type': type, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
    const response = await fetch(gatewayUrl() + path, { method, headers, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    return { ...(JSON.parse(text) as object), status: response.status, text };
  };
  const query: Door['query'] = (text, variables = {}, key = adminKey) =>
    send({ key, body: JSON.stringify({ query: text, variables }) });
  return {
    send,
    query,
    mutate: async (name, input, key) => {
      const answer = await query(textOf(name), { input }, key);
      const result = (answer.data?.[name] ?? {}) as Record<string, unknown>;
      const made = Object.values(result)[0] as { id?: string } | undefined;
      return { ...answer, refusals: (result['errors'] ?? []) as Refusal[], id: made?.id ?? newId() };
    },
    upload: (audienceId, body, key = adminKey) =>
      send({ key, type: 'text/csv', path: `/audiences/${audienceId}/contacts`, body }),
  };
};
