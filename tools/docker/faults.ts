/** Everything that is wrong in docker/ beside what the services need, as sentences; none when all is well. */
import { clusterFaults } from './cluster-rules.ts';
import { composeFaults } from './compose-rules.ts';
import { imageFaults } from './image-rules.ts';
import { manifestFaults } from './manifest-rules.ts';
import type { Texts } from './texts.ts';

export const dockerFaults = (texts: Texts): string[] => [
  ...imageFaults(texts),
  ...composeFaults(texts),
  ...manifestFaults(texts),
  ...clusterFaults(texts),
];
