/** How a server looks from this process: what the status topic and the metrics say of it. */
import type { SenderStatus } from '@sendpool/contracts';

export type ServerState = Omit<SenderStatus, 'type' | 'source' | 'at'>;
