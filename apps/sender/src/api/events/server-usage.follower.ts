/** Tells the limits what stats has counted for each server today: daily quotas outlive a sender by it. */
import { serverUsageTopic, type ServerUsage } from '@sendpool/contracts';
import type { Part } from '@sendpool/service';
import { followTopic, type FollowDeps } from './follow.ts';

export const followServerUsage = (deps: FollowDeps & { apply(usage: ServerUsage): void }): Part =>
  followTopic(serverUsageTopic, (usage) => deps.apply(usage), deps);
