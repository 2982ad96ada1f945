/** What the gateway sends of the things that other services own. */

export type ServerKey = { readonly id: string };
export type CampaignKey = { readonly id: string };
export type PoolKey = { readonly id: string };
