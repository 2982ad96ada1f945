/** The SDK signs the requests and reads the answers; the exchange between is ours, and nothing is repeated. */
import { Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { maskSecrets } from '@sendpool/kernel';
import { exchangeOnce, isKeyId, type Exchange, type SesTimeouts, type SignedRequest } from './exchange.ts';

type SesCredentials = { accessKeyId: string; secretAccessKey: string };

/** Where the API is and who asks. */
export type SesAccess = {
  region: string;
  /** As in `https://host:port`; null = where AWS has it for the region. */
  endpoint: string | null;
  /** Never logged, never part of an error; null = the default AWS chain (environment, files, role of the machine). */
  credentials: SesCredentials | null;
  /** PEM; when set, this authority and no other is trusted. */
  caCertificate: string | null;
};

export type SesClient = {
  readonly sdk: SESv2Client;
  readonly agent: PlainAgent;
  readonly credentials: SesCredentials | null;
};

/**
 * Milliseconds that an unused connection is kept. A request on one that the other side has just closed ends as UNKNOWN, so ours is gone
 * before theirs.
 */
const idleMs = 4_000;

const agentOf = ({ endpoint, caCertificate }: SesAccess): PlainAgent => {
  const kept = { keepAlive: true, timeout: idleMs };
  if (endpoint?.startsWith('http:')) return new PlainAgent(kept);
  return new TlsAgent({ ...kept, minVersion: 'TLSv1.2', ...(caCertificate !== null && { ca: [caCertificate] }) });
};

export const createSesClient = (access: SesAccess): SesClient => {
  const { region, endpoint, credentials } = access;
  const sdk = new SESv2Client({
    region,
    maxAttempts: 1,
    ...(endpoint !== null && { endpoint }),
    ...(credentials !== null && { credentials }),
  });
  return { sdk, agent: agentOf(access), credentials };
};

export const closeSesClient = ({ sdk, agent }: SesClient): void => {
  sdk.destroy();
  agent.destroy();
};

/** Takes the place of the SDK's own handler of requests. */
const answerBy = (command: { middlewareStack: unknown }, exchange: Exchange): void => {
  const stack = command.middlewareStack as SESv2Client['middlewareStack'];
  const handle = async ({ request }: { request: unknown }) => ({
    response: await exchangeOnce(request as SignedRequest, exchange),
  });
  stack.add(() => handle, { step: 'deserialize', priority: 'low', name: 'exchange' });
};

/** How far it came is in `exchange`. */
export type Asked<Output> = { exchange: Exchange; output: Output | undefined; error: Error | undefined };

type Call<Output> = { command: { middlewareStack: unknown }; send(): Promise<Output> };

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** For an end that comes from outside: credentials may be looked for without end, and the SDK does not hear the signal meanwhile. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(asError(signal.reason)), { once: true });
  });

/** Sends one command once; `controller` is for this call alone. Never rejects. Ends at the latest after both time-outs and as long again as connecting may take. */
export const askSes = async <Output>(
  client: SesClient,
  call: Call<Output>,
  { timeouts, controller }: { timeouts: SesTimeouts; controller: AbortController },
): Promise<Asked<Output>> => {
  const { signal } = controller;
  const exchange: Exchange = { stage: 'AUTH', answer: undefined, secrets: [], timeouts, agent: client.agent, signal };
  const limitMs = 2 * timeouts.connect + timeouts.answer;
  const timer = setTimeout(() => controller.abort(new Error(`no end within ${limitMs} ms`)), limitMs);
  answerBy(call.command, exchange);
  try {
    return { exchange, output: await Promise.race([call.send(), aborted(signal)]), error: undefined };
  } catch (error) {
    return { exchange, output: undefined, error: asError(error) };
  } finally {
    clearTimeout(timer);
  }
};

const textLimit = 200;

/** First 200 characters of what the other side or the SDK says, without what the account is opened with. */
export const withoutSecrets = (text: string, { credentials }: SesClient, { secrets }: Exchange): string => {
  const own = credentials === null ? [] : [credentials.secretAccessKey, ...[credentials.accessKeyId].filter(isKeyId)];
  return maskSecrets(text, [...secrets, ...own]).slice(0, textLimit);
};
