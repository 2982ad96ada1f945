/** Keeps the ledgers of the lanes that this process owns: what has been started, given back and done, before the world sees it. */
export type {
  LaneAlarm,
  LaneKeeper,
  LaneKeeperDeps,
  LaneKeeperLimits,
  LaneState,
  LedgerEpoch,
  PublicationRef,
  ReadyMessage,
  Report,
  RevokeReason,
  StoredRequest,
} from './lane-types.ts';
