/** How the schema of stats is opened. */
import { CreateStats1764000000000 } from './create-stats.migration.ts';

/** Everything that createDatabase wants but the URL. */
export const statsDatabase = {
  schema: 'stats',
  migrations: [CreateStats1764000000000],
  applicationName: 'sendpool stats',
};
