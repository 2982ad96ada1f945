import type { GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { GraphQLResolveInfo  } from '@sendpool/graphql';
import type { ServerKey, CampaignKey } from './keys.ts';
import type { RequestContext } from '@sendpool/graphql';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A whole number of any size, as text. */
  BigInt: { input: number; output: number; }
  /** A moment in UTC, as in `2026-11-24T12:30:00.000Z` (RFC 3339). */
  DateTime: { input: Date; output: Date; }
  _FieldSet: { input: unknown; output: unknown; }
};

/** Refusals by class (the address is dead; sender, server or content refused; try again). */
export type BounceCounts = {
  readonly __typename?: 'BounceCounts';
  readonly block: Scalars['BigInt']['output'];
  readonly hard: Scalars['BigInt']['output'];
  readonly soft: Scalars['BigInt']['output'];
};

export type BreakerState =
  | 'CLOSED'
  | 'HALF_OPEN'
  | 'OPEN'
  | 'SLOW_START';

export type Campaign = {
  readonly __typename?: 'Campaign';
  readonly id: Scalars['ID']['output'];
  /** What each server did for this campaign. Null while stats is away. */
  readonly serverStats: Maybe<ReadonlyArray<CampaignServerStats>>;
};

export type CampaignServerStats = {
  readonly __typename?: 'CampaignServerStats';
  readonly accepted: Scalars['BigInt']['output'];
  readonly attempted: Scalars['BigInt']['output'];
  readonly bounceRate: Maybe<Scalars['Float']['output']>;
  readonly bounced: Scalars['BigInt']['output'];
  readonly deferred: Scalars['BigInt']['output'];
  readonly deferredRate: Maybe<Scalars['Float']['output']>;
  readonly failovers: Scalars['BigInt']['output'];
  readonly rotateOut: Scalars['Boolean']['output'];
  /** Null while config is away. */
  readonly server: Maybe<SendingServer>;
  readonly unknown: Scalars['BigInt']['output'];
};

export type LatencySummary = {
  readonly __typename?: 'LatencySummary';
  readonly maxMs: Scalars['Float']['output'];
  /** Milliseconds from MAIL to the last reply. */
  readonly meanMs: Scalars['Float']['output'];
};

export type MinuteStats = {
  readonly __typename?: 'MinuteStats';
  readonly accepted: Scalars['BigInt']['output'];
  /** Start of the minute. */
  readonly at: Scalars['DateTime']['output'];
  readonly bounced: Scalars['BigInt']['output'];
  readonly deferred: Scalars['BigInt']['output'];
  readonly unknown: Scalars['BigInt']['output'];
};

export type ProviderStats = {
  readonly __typename?: 'ProviderStats';
  readonly accepted: Scalars['BigInt']['output'];
  readonly attempted: Scalars['BigInt']['output'];
  readonly bounced: Scalars['BigInt']['output'];
  readonly deferred: Scalars['BigInt']['output'];
  /** Mailbox provider: gmail, microsoft, yahoo, …, other. */
  readonly provider: Scalars['String']['output'];
  readonly unknown: Scalars['BigInt']['output'];
};

/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type Query = {
  readonly __typename?: 'Query';
  /** How far stats has read: events counted, and events in the log that are not counted yet. */
  readonly statsLag: Maybe<StatsLag>;
};

export type Role =
  | 'ADMIN'
  | 'OPERATOR'
  | 'READER';

export type SenderHealth = {
  readonly __typename?: 'SenderHealth';
  readonly at: Scalars['DateTime']['output'];
  readonly breaker: BreakerState;
  /** When an open breaker probes next. */
  readonly breakerUntil: Maybe<Scalars['DateTime']['output']>;
  readonly connections: Scalars['Int']['output'];
  readonly inFlight: Scalars['Int']['output'];
  readonly lastError: Maybe<Scalars['String']['output']>;
  readonly queued: Scalars['Int']['output'];
  /** Id of the sender process. */
  readonly sender: Scalars['String']['output'];
};

export type SendingServer = {
  readonly __typename?: 'SendingServer';
  readonly health: Maybe<ServerHealth>;
  readonly id: Scalars['ID']['output'];
  /** One row a minute, the newest first; 1,440 at most. */
  readonly minutes: Maybe<ReadonlyArray<MinuteStats>>;
  /** Null while stats is away. */
  readonly stats: Maybe<ServerStats>;
};


export type SendingServerMinutesArgs = {
  last?: InputMaybe<Scalars['Int']['input']>;
};


export type SendingServerStatsArgs = {
  window?: InputMaybe<StatsWindow>;
};

/** How the server looks right now, from every sender. */
export type ServerHealth = {
  readonly __typename?: 'ServerHealth';
  readonly deferredWaiting: Scalars['Int']['output'];
  /** Messages that senders have given to this server and not finished, plus deferred ones that wait for it. */
  readonly queueDepth: Scalars['Int']['output'];
  readonly senders: ReadonlyArray<SenderHealth>;
};

/** What one server did. Each publication counts once: by its first definite outcome, else as unknown. */
export type ServerStats = {
  readonly __typename?: 'ServerStats';
  readonly accepted: Scalars['BigInt']['output'];
  /** accepted + bounced + deferred + unknown. */
  readonly attempted: Scalars['BigInt']['output'];
  /** bounced / (accepted + bounced); null before the first. Between 0 and 1. */
  readonly bounceRate: Maybe<Scalars['Float']['output']>;
  readonly bounced: BounceCounts;
  readonly byProvider: ReadonlyArray<ProviderStats>;
  readonly deferred: Scalars['BigInt']['output'];
  /** deferred / attempted; null before the first. Between 0 and 1. */
  readonly deferredRate: Maybe<Scalars['Float']['output']>;
  /** Messages moved away from this server to another one. */
  readonly failovers: Scalars['BigInt']['output'];
  readonly latency: Maybe<LatencySummary>;
  /** True when the bounce rate is above 3 % over at least 100 sends. */
  readonly rotateOut: Scalars['Boolean']['output'];
  readonly unknown: Scalars['BigInt']['output'];
  readonly window: StatsWindow;
};

export type StatsLag = {
  readonly __typename?: 'StatsLag';
  readonly behind: Scalars['BigInt']['output'];
  readonly counted: Scalars['BigInt']['output'];
};

export type StatsWindow =
  | 'ALL'
  | 'LAST_DAY'
  | 'LAST_HOUR'
  | 'LAST_MINUTE';



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Campaign: Campaign;
  SendingServer: SendingServer;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Campaign:
    ( { __typename: 'Campaign' }
    & GraphQLRecursivePick<FederationTypes['Campaign'], {"id":true}> );
  SendingServer:
    ( { __typename: 'SendingServer' }
    & GraphQLRecursivePick<FederationTypes['SendingServer'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  BigInt: ResolverTypeWrapper<Scalars['BigInt']['output']>;
  BounceCounts: ResolverTypeWrapper<BounceCounts>;
  BreakerState: BreakerState;
  Campaign: ResolverTypeWrapper<CampaignKey>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  CampaignServerStats: ResolverTypeWrapper<Omit<CampaignServerStats, 'server'> & { server?: Maybe<ResolversTypes['SendingServer']> }>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  LatencySummary: ResolverTypeWrapper<LatencySummary>;
  MinuteStats: ResolverTypeWrapper<MinuteStats>;
  ProviderStats: ResolverTypeWrapper<ProviderStats>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Role: Role;
  SenderHealth: ResolverTypeWrapper<SenderHealth>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  SendingServer: ResolverTypeWrapper<ServerKey>;
  ServerHealth: ResolverTypeWrapper<ServerHealth>;
  ServerStats: ResolverTypeWrapper<ServerStats>;
  StatsLag: ResolverTypeWrapper<StatsLag>;
  StatsWindow: StatsWindow;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  BigInt: Scalars['BigInt']['output'];
  BounceCounts: BounceCounts;
  Campaign: CampaignKey;
  ID: Scalars['ID']['output'];
  CampaignServerStats: Omit<CampaignServerStats, 'server'> & { server?: Maybe<ResolversParentTypes['SendingServer']> };
  Float: Scalars['Float']['output'];
  Boolean: Scalars['Boolean']['output'];
  DateTime: Scalars['DateTime']['output'];
  LatencySummary: LatencySummary;
  MinuteStats: MinuteStats;
  ProviderStats: ProviderStats;
  String: Scalars['String']['output'];
  Query: Record<PropertyKey, never>;
  SenderHealth: SenderHealth;
  Int: Scalars['Int']['output'];
  SendingServer: ServerKey;
  ServerHealth: ServerHealth;
  ServerStats: ServerStats;
  StatsLag: StatsLag;
};

export type AccessDirectiveArgs = {
  role: Role;
};

export type AccessDirectiveResolver<Result, Parent, ContextType = RequestContext, Args = AccessDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export interface BigIntScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['BigInt'], any> {
  name: 'BigInt';
}

export type BounceCountsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['BounceCounts'] = ResolversParentTypes['BounceCounts']> = {
  block?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  hard?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  soft?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type CampaignResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Campaign'] = ResolversParentTypes['Campaign'], FederationReferenceType extends FederationReferenceTypes['Campaign'] = FederationReferenceTypes['Campaign']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Campaign']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  serverStats?: Resolver<Maybe<ReadonlyArray<ResolversTypes['CampaignServerStats']>>, ParentType, ContextType>;
};

export type CampaignServerStatsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CampaignServerStats'] = ResolversParentTypes['CampaignServerStats']> = {
  accepted?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  attempted?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  bounceRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  bounced?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  deferred?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  deferredRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  failovers?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  rotateOut?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  server?: Resolver<Maybe<ResolversTypes['SendingServer']>, ParentType, ContextType>;
  unknown?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type LatencySummaryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['LatencySummary'] = ResolversParentTypes['LatencySummary']> = {
  maxMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  meanMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type MinuteStatsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['MinuteStats'] = ResolversParentTypes['MinuteStats']> = {
  accepted?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  bounced?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  deferred?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  unknown?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type ProviderStatsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ProviderStats'] = ResolversParentTypes['ProviderStats']> = {
  accepted?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  attempted?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  bounced?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  deferred?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  provider?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  unknown?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  statsLag?: Resolver<Maybe<ResolversTypes['StatsLag']>, ParentType, ContextType>;
};

export type SenderHealthResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SenderHealth'] = ResolversParentTypes['SenderHealth']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  breaker?: Resolver<ResolversTypes['BreakerState'], ParentType, ContextType>;
  breakerUntil?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  connections?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  inFlight?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  lastError?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  queued?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  sender?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SendingServerResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingServer'] = ResolversParentTypes['SendingServer'], FederationReferenceType extends FederationReferenceTypes['SendingServer'] = FederationReferenceTypes['SendingServer']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['SendingServer']> | FederationReferenceType, FederationReferenceType, ContextType>;
  health?: Resolver<Maybe<ResolversTypes['ServerHealth']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  minutes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['MinuteStats']>>, ParentType, ContextType, RequireFields<SendingServerMinutesArgs, 'last'>>;
  stats?: Resolver<Maybe<ResolversTypes['ServerStats']>, ParentType, ContextType, RequireFields<SendingServerStatsArgs, 'window'>>;
};

export type ServerHealthResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ServerHealth'] = ResolversParentTypes['ServerHealth']> = {
  deferredWaiting?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  queueDepth?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  senders?: Resolver<ReadonlyArray<ResolversTypes['SenderHealth']>, ParentType, ContextType>;
};

export type ServerStatsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ServerStats'] = ResolversParentTypes['ServerStats']> = {
  accepted?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  attempted?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  bounceRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  bounced?: Resolver<ResolversTypes['BounceCounts'], ParentType, ContextType>;
  byProvider?: Resolver<ReadonlyArray<ResolversTypes['ProviderStats']>, ParentType, ContextType>;
  deferred?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  deferredRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  failovers?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  latency?: Resolver<Maybe<ResolversTypes['LatencySummary']>, ParentType, ContextType>;
  rotateOut?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  unknown?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['StatsWindow'], ParentType, ContextType>;
};

export type StatsLagResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['StatsLag'] = ResolversParentTypes['StatsLag']> = {
  behind?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  counted?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type Resolvers<ContextType = RequestContext> = {
  BigInt?: GraphQLScalarType;
  BounceCounts?: BounceCountsResolvers<ContextType>;
  Campaign?: CampaignResolvers<ContextType>;
  CampaignServerStats?: CampaignServerStatsResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  LatencySummary?: LatencySummaryResolvers<ContextType>;
  MinuteStats?: MinuteStatsResolvers<ContextType>;
  ProviderStats?: ProviderStatsResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  SenderHealth?: SenderHealthResolvers<ContextType>;
  SendingServer?: SendingServerResolvers<ContextType>;
  ServerHealth?: ServerHealthResolvers<ContextType>;
  ServerStats?: ServerStatsResolvers<ContextType>;
  StatsLag?: StatsLagResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = RequestContext> = {
  access?: AccessDirectiveResolver<any, any, ContextType>;
};
