import type { GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { GraphQLResolveInfo } from '@sendpool/graphql';
import type { Audience as AudienceModel } from '../../domain/audience.ts';
import type {
  Campaign as CampaignModel,
  CampaignProgress as ProgressModel,
  RecipientView as RecipientModel,
} from '../../domain/campaign.ts';
import type { RequestContext } from '@sendpool/graphql';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string };
  String: { input: string; output: string };
  Boolean: { input: boolean; output: boolean };
  Int: { input: number; output: number };
  Float: { input: number; output: number };
  /** A whole number of any size, as text. */
  BigInt: { input: number; output: number };
  /** A moment in UTC, as in `2026-11-24T12:30:00.000Z` (RFC 3339). */
  DateTime: { input: Date; output: Date };
  _FieldSet: { input: unknown; output: unknown };
};

/** A list of contacts. Contacts are uploaded with `POST /audiences/{id}/contacts` (CSV). */
export type Audience = {
  readonly __typename?: 'Audience';
  readonly contactCount: Scalars['Int']['output'];
  readonly createdAt: Scalars['DateTime']['output'];
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
};

export type AudienceConnection = {
  readonly __typename?: 'AudienceConnection';
  readonly edges: ReadonlyArray<AudienceEdge>;
  readonly nodes: ReadonlyArray<Audience>;
  readonly pageInfo: PageInfo;
};

export type AudienceEdge = {
  readonly __typename?: 'AudienceEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Audience;
};

export type AudiencePayload = {
  readonly __typename?: 'AudiencePayload';
  readonly audience: Audience;
};

export type AudienceResult = AudiencePayload | Refused;

export type Campaign = {
  readonly __typename?: 'Campaign';
  readonly audience: Audience;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly finishedAt: Maybe<Scalars['DateTime']['output']>;
  readonly from: Sender;
  readonly html: Maybe<Scalars['String']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly progress: CampaignProgress;
  readonly recipients: RecipientConnection;
  readonly replyTo: Maybe<Scalars['String']['output']>;
  /** Grows with each change of content or status. */
  readonly revision: Scalars['Int']['output'];
  readonly scheduledAt: Maybe<Scalars['DateTime']['output']>;
  readonly sendingSettings: SendingSettings;
  readonly startedAt: Maybe<Scalars['DateTime']['output']>;
  readonly status: CampaignStatus;
  readonly subject: Scalars['String']['output'];
  readonly text: Maybe<Scalars['String']['output']>;
};

export type CampaignRecipientsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  state?: InputMaybe<RecipientState>;
};

export type CampaignConnection = {
  readonly __typename?: 'CampaignConnection';
  readonly edges: ReadonlyArray<CampaignEdge>;
  readonly nodes: ReadonlyArray<Campaign>;
  readonly pageInfo: PageInfo;
};

export type CampaignEdge = {
  readonly __typename?: 'CampaignEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Campaign;
};

export type CampaignInput = {
  readonly id: Scalars['ID']['input'];
};

export type CampaignPayload = {
  readonly __typename?: 'CampaignPayload';
  readonly campaign: Campaign;
};

/** Recipients by state. The numbers add up to `total`. */
export type CampaignProgress = {
  readonly __typename?: 'CampaignProgress';
  readonly accepted: Scalars['Int']['output'];
  readonly bounced: Scalars['Int']['output'];
  readonly cancelled: Scalars['Int']['output'];
  /** Deferred, will be tried again. */
  readonly deferred: Scalars['Int']['output'];
  /** Recipients that were deferred at least once and accepted in the end. */
  readonly deferredThenAccepted: Scalars['Int']['output'];
  /** Share of the recipients in a final state, 0 to 1. */
  readonly done: Scalars['Float']['output'];
  readonly expired: Scalars['Int']['output'];
  readonly inFlight: Scalars['Int']['output'];
  readonly pending: Scalars['Int']['output'];
  readonly suppressed: Scalars['Int']['output'];
  readonly total: Scalars['Int']['output'];
  readonly unknown: Scalars['Int']['output'];
  /** Why nothing moves, as in `waiting for a server`; null when it moves. */
  readonly waitingFor: Maybe<Scalars['String']['output']>;
};

export type CampaignResult = CampaignPayload | Refused;

export type CampaignStatus =
  | 'CANCELLED'
  | 'DRAFT'
  | 'FINISHED'
  | 'PAUSED'
  /** The audience is being written down as recipients. */
  | 'PREPARING'
  /** Waits for its time. */
  | 'SCHEDULED'
  | 'SENDING';

export type CreateAudienceInput = {
  /** 1 to 100 characters, unique. */
  readonly name: Scalars['String']['input'];
};

export type CreateCampaignInput = {
  readonly audienceId: Scalars['ID']['input'];
  readonly from: SenderInput;
  /** Liquid template; values are HTML-escaped. HTML, text or both. */
  readonly html?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly replyTo?: InputMaybe<Scalars['String']['input']>;
  readonly sendingSettings: SendingSettingsInput;
  /** Liquid template, as in `Hello {{ first_name | default: "there" }}`. */
  readonly subject: Scalars['String']['input'];
  readonly text?: InputMaybe<Scalars['String']['input']>;
};

export type ErrorCode = 'BAD_INPUT' | 'CONFLICT' | 'NOT_FOUND';

export type Mutation = {
  readonly __typename?: 'Mutation';
  /** Recipients that wait or are deferred become CANCELLED; those in flight keep their outcome. */
  readonly cancelCampaign: CampaignResult;
  readonly createAudience: AudienceResult;
  readonly createCampaign: CampaignResult;
  readonly pauseCampaign: CampaignResult;
  readonly resumeCampaign: CampaignResult;
  readonly scheduleCampaign: CampaignResult;
  /** Checks pool, From domain and templates, writes the audience down as recipients, and begins to send. */
  readonly startCampaign: CampaignResult;
  readonly updateCampaign: CampaignResult;
};

export type MutationCancelCampaignArgs = {
  input: CampaignInput;
};

export type MutationCreateAudienceArgs = {
  input: CreateAudienceInput;
};

export type MutationCreateCampaignArgs = {
  input: CreateCampaignInput;
};

export type MutationPauseCampaignArgs = {
  input: CampaignInput;
};

export type MutationResumeCampaignArgs = {
  input: CampaignInput;
};

export type MutationScheduleCampaignArgs = {
  input: ScheduleCampaignInput;
};

export type MutationStartCampaignArgs = {
  input: CampaignInput;
};

export type MutationUpdateCampaignArgs = {
  input: UpdateCampaignInput;
};

export type PageInfo = {
  readonly __typename?: 'PageInfo';
  readonly endCursor: Maybe<Scalars['String']['output']>;
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
};

/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type Query = {
  readonly __typename?: 'Query';
  readonly audience: Maybe<Audience>;
  readonly audiences: Maybe<AudienceConnection>;
  readonly campaign: Maybe<Campaign>;
  readonly campaigns: Maybe<CampaignConnection>;
};

/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type QueryAudienceArgs = {
  id: Scalars['ID']['input'];
};

/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type QueryAudiencesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type QueryCampaignArgs = {
  id: Scalars['ID']['input'];
};

/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type QueryCampaignsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** A contact in one campaign. */
export type Recipient = {
  readonly __typename?: 'Recipient';
  /** When a deferred one is tried again. */
  readonly dueAt: Maybe<Scalars['DateTime']['output']>;
  readonly email: Scalars['String']['output'];
  /** The last reply that was not a plain acceptance. */
  readonly lastReply: Maybe<Scalars['String']['output']>;
  /** Number within the campaign, from 0. */
  readonly number: Scalars['Int']['output'];
  readonly state: RecipientState;
  /** Publications that ended ACCEPTED, BOUNCED, DEFERRED or UNKNOWN. */
  readonly tries: Scalars['Int']['output'];
};

export type RecipientConnection = {
  readonly __typename?: 'RecipientConnection';
  readonly edges: ReadonlyArray<RecipientEdge>;
  readonly nodes: ReadonlyArray<Recipient>;
  readonly pageInfo: PageInfo;
};

export type RecipientEdge = {
  readonly __typename?: 'RecipientEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Recipient;
};

export type RecipientState =
  'ACCEPTED' | 'BOUNCED' | 'CANCELLED' | 'DEFERRED' | 'EXPIRED' | 'IN_FLIGHT' | 'PENDING' | 'SUPPRESSED' | 'UNKNOWN';

export type Refused = {
  readonly __typename?: 'Refused';
  readonly errors: ReadonlyArray<UserError>;
};

export type Role = 'ADMIN' | 'OPERATOR' | 'READER';

export type ScheduleCampaignInput = {
  readonly at: Scalars['DateTime']['input'];
  readonly id: Scalars['ID']['input'];
};

export type Sender = {
  readonly __typename?: 'Sender';
  readonly address: Scalars['String']['output'];
  readonly name: Scalars['String']['output'];
};

export type SenderInput = {
  /** One address, without a name. */
  readonly address: Scalars['String']['input'];
  readonly name: Scalars['String']['input'];
};

export type SendingServerPool = {
  readonly __typename?: 'SendingServerPool';
  readonly id: Scalars['ID']['output'];
};

/** How a campaign is sent. */
export type SendingSettings = {
  readonly __typename?: 'SendingSettings';
  /** Null while config is away. */
  readonly pool: Maybe<SendingServerPool>;
  readonly unknownPolicy: UnknownPolicy;
};

export type SendingSettingsInput = {
  readonly poolId: Scalars['ID']['input'];
  readonly unknownPolicy?: InputMaybe<UnknownPolicy>;
};

/** What to do with a recipient whose outcome is unknown (the reply after the final dot never came, or the sender was killed). */
export type UnknownPolicy =
  /** Never twice: it stays UNKNOWN. */
  | 'HOLD'
  /** Never lost: it is sent again, 3 times at most. */
  | 'RESEND';

/** Fields left out stay as they are. Content of a campaign that sends can be changed only while it is paused; audience and pool only in DRAFT. */
export type UpdateCampaignInput = {
  readonly audienceId?: InputMaybe<Scalars['ID']['input']>;
  readonly from?: InputMaybe<SenderInput>;
  readonly html?: InputMaybe<Scalars['String']['input']>;
  readonly id: Scalars['ID']['input'];
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly replyTo?: InputMaybe<Scalars['String']['input']>;
  readonly sendingSettings?: InputMaybe<SendingSettingsInput>;
  readonly subject?: InputMaybe<Scalars['String']['input']>;
  readonly text?: InputMaybe<Scalars['String']['input']>;
};

export type UserError = {
  readonly __typename?: 'UserError';
  readonly code: ErrorCode;
  readonly message: Scalars['String']['output'];
  readonly path: Maybe<ReadonlyArray<Scalars['String']['output']>>;
};

export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
  reference: TReference,
  context: TContext,
  info: GraphQLResolveInfo,
) => Promise<TResult> | TResult;

type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<
  TResult,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
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

export type SubscriptionResolver<
  TResult,
  TKey extends string,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo,
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  obj: T,
  context: TContext,
  info: GraphQLResolveInfo,
) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<
  TResult = Record<PropertyKey, never>,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Audience: Audience;
  Campaign: Campaign;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Audience: { __typename: 'Audience' } & GraphQLRecursivePick<FederationTypes['Audience'], { id: true }>;
  Campaign: { __typename: 'Campaign' } & GraphQLRecursivePick<FederationTypes['Campaign'], { id: true }>;
};

/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  AudienceResult: (Omit<AudiencePayload, 'audience'> & { audience: _RefType['Audience'] }) | Refused;
  CampaignResult: (Omit<CampaignPayload, 'campaign'> & { campaign: _RefType['Campaign'] }) | Refused;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Audience: ResolverTypeWrapper<AudienceModel>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  AudienceConnection: ResolverTypeWrapper<
    Omit<AudienceConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['AudienceEdge']>;
      nodes: ReadonlyArray<ResolversTypes['Audience']>;
    }
  >;
  AudienceEdge: ResolverTypeWrapper<Omit<AudienceEdge, 'node'> & { node: ResolversTypes['Audience'] }>;
  AudiencePayload: ResolverTypeWrapper<Omit<AudiencePayload, 'audience'> & { audience: ResolversTypes['Audience'] }>;
  AudienceResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['AudienceResult']>;
  BigInt: ResolverTypeWrapper<Scalars['BigInt']['output']>;
  Campaign: ResolverTypeWrapper<CampaignModel>;
  CampaignConnection: ResolverTypeWrapper<
    Omit<CampaignConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['CampaignEdge']>;
      nodes: ReadonlyArray<ResolversTypes['Campaign']>;
    }
  >;
  CampaignEdge: ResolverTypeWrapper<Omit<CampaignEdge, 'node'> & { node: ResolversTypes['Campaign'] }>;
  CampaignInput: CampaignInput;
  CampaignPayload: ResolverTypeWrapper<Omit<CampaignPayload, 'campaign'> & { campaign: ResolversTypes['Campaign'] }>;
  CampaignProgress: ResolverTypeWrapper<ProgressModel>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  CampaignResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['CampaignResult']>;
  CampaignStatus: CampaignStatus;
  CreateAudienceInput: CreateAudienceInput;
  CreateCampaignInput: CreateCampaignInput;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  ErrorCode: ErrorCode;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Recipient: ResolverTypeWrapper<RecipientModel>;
  RecipientConnection: ResolverTypeWrapper<
    Omit<RecipientConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['RecipientEdge']>;
      nodes: ReadonlyArray<ResolversTypes['Recipient']>;
    }
  >;
  RecipientEdge: ResolverTypeWrapper<Omit<RecipientEdge, 'node'> & { node: ResolversTypes['Recipient'] }>;
  RecipientState: RecipientState;
  Refused: ResolverTypeWrapper<Refused>;
  Role: Role;
  ScheduleCampaignInput: ScheduleCampaignInput;
  Sender: ResolverTypeWrapper<Sender>;
  SenderInput: SenderInput;
  SendingServerPool: ResolverTypeWrapper<SendingServerPool>;
  SendingSettings: ResolverTypeWrapper<SendingSettings>;
  SendingSettingsInput: SendingSettingsInput;
  UnknownPolicy: UnknownPolicy;
  UpdateCampaignInput: UpdateCampaignInput;
  UserError: ResolverTypeWrapper<UserError>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Audience: AudienceModel;
  Int: Scalars['Int']['output'];
  ID: Scalars['ID']['output'];
  String: Scalars['String']['output'];
  AudienceConnection: Omit<AudienceConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['AudienceEdge']>;
    nodes: ReadonlyArray<ResolversParentTypes['Audience']>;
  };
  AudienceEdge: Omit<AudienceEdge, 'node'> & { node: ResolversParentTypes['Audience'] };
  AudiencePayload: Omit<AudiencePayload, 'audience'> & { audience: ResolversParentTypes['Audience'] };
  AudienceResult: ResolversUnionTypes<ResolversParentTypes>['AudienceResult'];
  BigInt: Scalars['BigInt']['output'];
  Campaign: CampaignModel;
  CampaignConnection: Omit<CampaignConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['CampaignEdge']>;
    nodes: ReadonlyArray<ResolversParentTypes['Campaign']>;
  };
  CampaignEdge: Omit<CampaignEdge, 'node'> & { node: ResolversParentTypes['Campaign'] };
  CampaignInput: CampaignInput;
  CampaignPayload: Omit<CampaignPayload, 'campaign'> & { campaign: ResolversParentTypes['Campaign'] };
  CampaignProgress: ProgressModel;
  Float: Scalars['Float']['output'];
  CampaignResult: ResolversUnionTypes<ResolversParentTypes>['CampaignResult'];
  CreateAudienceInput: CreateAudienceInput;
  CreateCampaignInput: CreateCampaignInput;
  DateTime: Scalars['DateTime']['output'];
  Mutation: Record<PropertyKey, never>;
  PageInfo: PageInfo;
  Boolean: Scalars['Boolean']['output'];
  Query: Record<PropertyKey, never>;
  Recipient: RecipientModel;
  RecipientConnection: Omit<RecipientConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['RecipientEdge']>;
    nodes: ReadonlyArray<ResolversParentTypes['Recipient']>;
  };
  RecipientEdge: Omit<RecipientEdge, 'node'> & { node: ResolversParentTypes['Recipient'] };
  Refused: Refused;
  ScheduleCampaignInput: ScheduleCampaignInput;
  Sender: Sender;
  SenderInput: SenderInput;
  SendingServerPool: SendingServerPool;
  SendingSettings: SendingSettings;
  SendingSettingsInput: SendingSettingsInput;
  UpdateCampaignInput: UpdateCampaignInput;
  UserError: UserError;
};

export type AccessDirectiveArgs = {
  role: Role;
};

export type AccessDirectiveResolver<
  Result,
  Parent,
  ContextType = RequestContext,
  Args = AccessDirectiveArgs,
> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AudienceResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['Audience'] = ResolversParentTypes['Audience'],
  FederationReferenceType extends FederationReferenceTypes['Audience'] = FederationReferenceTypes['Audience'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['Audience']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  contactCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AudienceConnectionResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['AudienceConnection'] = ResolversParentTypes['AudienceConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AudienceEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Audience']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AudienceEdgeResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['AudienceEdge'] = ResolversParentTypes['AudienceEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Audience'], ParentType, ContextType>;
};

export type AudiencePayloadResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['AudiencePayload'] = ResolversParentTypes['AudiencePayload'],
> = {
  audience?: Resolver<ResolversTypes['Audience'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AudienceResultResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['AudienceResult'] = ResolversParentTypes['AudienceResult'],
> = {
  __resolveType: TypeResolveFn<'AudiencePayload' | 'Refused', ParentType, ContextType>;
};

export interface BigIntScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['BigInt'], any> {
  name: 'BigInt';
}

export type CampaignResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['Campaign'] = ResolversParentTypes['Campaign'],
  FederationReferenceType extends FederationReferenceTypes['Campaign'] = FederationReferenceTypes['Campaign'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['Campaign']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  audience?: Resolver<ResolversTypes['Audience'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  from?: Resolver<ResolversTypes['Sender'], ParentType, ContextType>;
  html?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  progress?: Resolver<ResolversTypes['CampaignProgress'], ParentType, ContextType>;
  recipients?: Resolver<
    ResolversTypes['RecipientConnection'],
    ParentType,
    ContextType,
    RequireFields<CampaignRecipientsArgs, 'first'>
  >;
  replyTo?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  scheduledAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  sendingSettings?: Resolver<ResolversTypes['SendingSettings'], ParentType, ContextType>;
  startedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['CampaignStatus'], ParentType, ContextType>;
  subject?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  text?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type CampaignConnectionResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['CampaignConnection'] = ResolversParentTypes['CampaignConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['CampaignEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Campaign']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type CampaignEdgeResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['CampaignEdge'] = ResolversParentTypes['CampaignEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Campaign'], ParentType, ContextType>;
};

export type CampaignPayloadResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['CampaignPayload'] = ResolversParentTypes['CampaignPayload'],
> = {
  campaign?: Resolver<ResolversTypes['Campaign'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CampaignProgressResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['CampaignProgress'] = ResolversParentTypes['CampaignProgress'],
> = {
  accepted?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  bounced?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  cancelled?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  deferred?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  deferredThenAccepted?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  done?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  expired?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  inFlight?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  pending?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  suppressed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  total?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  unknown?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  waitingFor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type CampaignResultResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['CampaignResult'] = ResolversParentTypes['CampaignResult'],
> = {
  __resolveType: TypeResolveFn<'CampaignPayload' | 'Refused', ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type MutationResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation'],
> = {
  cancelCampaign?: Resolver<
    ResolversTypes['CampaignResult'],
    ParentType,
    ContextType,
    RequireFields<MutationCancelCampaignArgs, 'input'>
  >;
  createAudience?: Resolver<
    ResolversTypes['AudienceResult'],
    ParentType,
    ContextType,
    RequireFields<MutationCreateAudienceArgs, 'input'>
  >;
  createCampaign?: Resolver<
    ResolversTypes['CampaignResult'],
    ParentType,
    ContextType,
    RequireFields<MutationCreateCampaignArgs, 'input'>
  >;
  pauseCampaign?: Resolver<
    ResolversTypes['CampaignResult'],
    ParentType,
    ContextType,
    RequireFields<MutationPauseCampaignArgs, 'input'>
  >;
  resumeCampaign?: Resolver<
    ResolversTypes['CampaignResult'],
    ParentType,
    ContextType,
    RequireFields<MutationResumeCampaignArgs, 'input'>
  >;
  scheduleCampaign?: Resolver<
    ResolversTypes['CampaignResult'],
    ParentType,
    ContextType,
    RequireFields<MutationScheduleCampaignArgs, 'input'>
  >;
  startCampaign?: Resolver<
    ResolversTypes['CampaignResult'],
    ParentType,
    ContextType,
    RequireFields<MutationStartCampaignArgs, 'input'>
  >;
  updateCampaign?: Resolver<
    ResolversTypes['CampaignResult'],
    ParentType,
    ContextType,
    RequireFields<MutationUpdateCampaignArgs, 'input'>
  >;
};

export type PageInfoResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo'],
> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query'],
> = {
  audience?: Resolver<
    Maybe<ResolversTypes['Audience']>,
    ParentType,
    ContextType,
    RequireFields<QueryAudienceArgs, 'id'>
  >;
  audiences?: Resolver<
    Maybe<ResolversTypes['AudienceConnection']>,
    ParentType,
    ContextType,
    RequireFields<QueryAudiencesArgs, 'first'>
  >;
  campaign?: Resolver<
    Maybe<ResolversTypes['Campaign']>,
    ParentType,
    ContextType,
    RequireFields<QueryCampaignArgs, 'id'>
  >;
  campaigns?: Resolver<
    Maybe<ResolversTypes['CampaignConnection']>,
    ParentType,
    ContextType,
    RequireFields<QueryCampaignsArgs, 'first'>
  >;
};

export type RecipientResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['Recipient'] = ResolversParentTypes['Recipient'],
> = {
  dueAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  email?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  lastReply?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  number?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['RecipientState'], ParentType, ContextType>;
  tries?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RecipientConnectionResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['RecipientConnection'] = ResolversParentTypes['RecipientConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RecipientEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Recipient']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type RecipientEdgeResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['RecipientEdge'] = ResolversParentTypes['RecipientEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Recipient'], ParentType, ContextType>;
};

export type RefusedResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['Refused'] = ResolversParentTypes['Refused'],
> = {
  errors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SenderResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['Sender'] = ResolversParentTypes['Sender'],
> = {
  address?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SendingServerPoolResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['SendingServerPool'] = ResolversParentTypes['SendingServerPool'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type SendingSettingsResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['SendingSettings'] = ResolversParentTypes['SendingSettings'],
> = {
  pool?: Resolver<Maybe<ResolversTypes['SendingServerPool']>, ParentType, ContextType>;
  unknownPolicy?: Resolver<ResolversTypes['UnknownPolicy'], ParentType, ContextType>;
};

export type UserErrorResolvers<
  ContextType = RequestContext,
  ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError'],
> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type Resolvers<ContextType = RequestContext> = {
  Audience?: AudienceResolvers<ContextType>;
  AudienceConnection?: AudienceConnectionResolvers<ContextType>;
  AudienceEdge?: AudienceEdgeResolvers<ContextType>;
  AudiencePayload?: AudiencePayloadResolvers<ContextType>;
  AudienceResult?: AudienceResultResolvers<ContextType>;
  BigInt?: GraphQLScalarType;
  Campaign?: CampaignResolvers<ContextType>;
  CampaignConnection?: CampaignConnectionResolvers<ContextType>;
  CampaignEdge?: CampaignEdgeResolvers<ContextType>;
  CampaignPayload?: CampaignPayloadResolvers<ContextType>;
  CampaignProgress?: CampaignProgressResolvers<ContextType>;
  CampaignResult?: CampaignResultResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  Mutation?: MutationResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Recipient?: RecipientResolvers<ContextType>;
  RecipientConnection?: RecipientConnectionResolvers<ContextType>;
  RecipientEdge?: RecipientEdgeResolvers<ContextType>;
  Refused?: RefusedResolvers<ContextType>;
  Sender?: SenderResolvers<ContextType>;
  SendingServerPool?: SendingServerPoolResolvers<ContextType>;
  SendingSettings?: SendingSettingsResolvers<ContextType>;
  UserError?: UserErrorResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = RequestContext> = {
  access?: AccessDirectiveResolver<any, any, ContextType>;
};
