/** How large a system is: where its event log lies, and how many processes each service has. */

/** In the order in which they start; they stop in reverse. */
export const serviceNames = ['config', 'scheduler', 'stats', 'sender', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

export type Shape = {
  eventLog: 'POSTGRES' | 'KAFKA';
  replicas: Readonly<Record<ServiceName, number>>;
};

/** One process of each service, and nothing to install: `npm start`. */
export const singleShape: Shape = {
  eventLog: 'POSTGRES',
  replicas: { config: 1, scheduler: 1, stats: 1, sender: 1, gateway: 1 },
};

/** What `npm run cluster` starts. */
export const clusterShape: Shape = {
  eventLog: 'KAFKA',
  replicas: { config: 1, scheduler: 2, stats: 2, sender: 3, gateway: 2 },
};

/** `sender` when there is only one, else `sender-1`, `sender-2` and so on. */
export const replicaName = (service: ServiceName, number: number, replicas: number): string =>
  replicas === 1 && number === 1 ? service : `${service}-${number}`;

/** Names of the processes of a service at the start. */
export const replicaNames = (service: ServiceName, { replicas }: Shape): string[] =>
  Array.from({ length: replicas[service] }, (_, index) => replicaName(service, index + 1, replicas[service]));
