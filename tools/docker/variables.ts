/** What each service reads from its environment, and whether that is what it is given. */
import { envSchema as config } from '../../apps/config/src/env.ts';
import { envSchema as gateway } from '../../apps/gateway/src/env.ts';
import { schedulerEnv as scheduler } from '../../apps/scheduler/src/env.ts';
import { envSchema as sender } from '../../apps/sender/src/env.ts';
import { envSchema as stats } from '../../apps/stats/src/env.ts';

type Field = { safeParse(value: unknown): { success: boolean } };
type Fields = Readonly<Record<string, Field>>;
/** The value is undefined where it is known only when the service runs. */
export type Given = Readonly<Record<string, string | undefined>>;

const services: Readonly<Record<string, Fields>> = {
  gateway: gateway.shape,
  config: config.shape,
  scheduler: scheduler.shape,
  stats: stats.shape,
  sender: sender.shape,
};
export const serviceNames = Object.keys(services);

const ofTheImage = new Set(['HTTP_HOST', 'HTTP_PORT']);
/** Kafka is what the two descriptions use; a service that consumes shall then leave its groups at once after a restart. */
const wanted = new Set(['STATE_DIR']);

const accepts = (field: Field, value: unknown): boolean => field.safeParse(value).success;

const isNeeded = (fields: Fields, name: string): boolean =>
  !ofTheImage.has(name) && (wanted.has(name) || !accepts(fields[name]!, undefined));

/** An empty value counts as not given, as in the services. */
const isRefused = (field: Field | undefined, value: string | undefined): boolean =>
  field !== undefined && value !== undefined && value !== '' && !accepts(field, value);

/** Missing, unknown and unusable variables. */
export const variableFaults = (service: string, given: Given): string[] => {
  const fields = services[service]!;
  const missing = Object.keys(fields).filter((name) => isNeeded(fields, name) && !(name in given));
  const unknown = Object.keys(given).filter((name) => !(name in fields));
  const refused = Object.keys(given).filter((name) => isRefused(fields[name], given[name]));
  return [
    ...missing.map((name) => `${service} needs ${name}`),
    ...unknown.map((name) => `${service} knows no ${name}`),
    ...refused.map((name) => `${service} does not accept the value of ${name}`),
  ];
};

export const isSecret = (name: string): boolean => /PASSWORD|SECRET|_KEY|^DATABASE_URL$|^EVENT_LOG_URL$/.test(name);
