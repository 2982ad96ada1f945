/** Which lanes this process may publish in: a lease by the clock of the database, under an epoch that fences its predecessor. */

export type HeldLane = { readonly lane: number; readonly epoch: number };

export type LeaseStore = {
  /** Makes the rows of lanes 0 to `lanes` - 1 that are missing. */
  ensureLanes(lanes: number): Promise<void>;
  /** Renews the leases of `owner`, takes those that have run out, and answers all that are held now, by lane. */
  hold(owner: string, leaseMs: number): Promise<HeldLane[]>;
  /** Lets go of everything, so that another process can take it at once. */
  release(owner: string): Promise<void>;
};

export const leaseMs = 10_000;
export const renewMs = 3000;
