/** Activates and deactivates a sending server; doing it twice is the same as once. */
import { changeRow } from './change-row.ts';
import { good, type Result } from './result.ts';
import type { SendingServer } from './sending-server.ts';
import type { ServerStore } from './stores.ts';

const inState = (state: SendingServer['state']) => (server: SendingServer) =>
  good(server.state === state ? server : { ...server, state });

export const createSwitchSendingServer =
  (deps: { servers: ServerStore }, state: SendingServer['state']) =>
  (id: string): Promise<Result<SendingServer>> =>
    changeRow(deps.servers, { id, noun: 'sending server', decide: inState(state) });
