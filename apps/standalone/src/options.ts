/** The command line of npm start and npm run cluster. */
import { readCommandLine } from '@sendpool/service';
import { clusterShape, singleShape, type Shape } from './shape.ts';

const usage = `npm start [-- --new-admin-key | --help]
npm run cluster [-- --new-admin-key | --help]

npm start         starts Sendpool on this machine, with an embedded PostgreSQL and one process of each service
npm run cluster   the same on Apache Kafka, with several processes of each service

  --new-admin-key  prints a new ADMIN key for this data folder and ends, whether Sendpool runs or not: for when
                   the first one is lost, which is shown once, at the first start. Works where the folder's files
                   can be read: on this machine, for their owner
  --help           prints this and ends

  DATA_DIR         folder of the database, the secrets and the logs (npm start: .data, npm run cluster: .data-cluster)
  PORT             port of the GraphQL address (default 4000); 0 takes a free one
  DATABASE_URL     an existing PostgreSQL, postgres://user:password@host:port/database
  KAFKA_BROKERS    npm run cluster: existing brokers, host:port,host:port?replication=3

All variables: apps/standalone/README.md. Ctrl-C stops it; campaigns go on after the next start.`;

export type LauncherOptions = { shape: Shape; newAdminKey: boolean };

/** Ends the process with the usage when help is asked for, or the line is not understood. */
export const readLauncherOptions = (): LauncherOptions => {
  const flag = { type: 'boolean' } as const;
  const { values } = readCommandLine({ usage, options: { cluster: flag, 'new-admin-key': flag } });
  return {
    shape: values.cluster === true ? clusterShape : singleShape,
    newAdminKey: values['new-admin-key'] === true,
  };
};
