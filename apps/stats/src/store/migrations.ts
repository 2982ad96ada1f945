/** How the schema of stats is opened. */
import { AddRotation1764000100000 } from './add-rotation.migration.ts';
import { CreateStats1764000000000 } from './create-stats.migration.ts';

/** Everything that createDatabase wants but the URL. */
export const statsDatabase = {
  schema: 'stats',
  migrations: [CreateStats1764000000000, AddRotation1764000100000],
  applicationName: 'sendpool stats',
};
