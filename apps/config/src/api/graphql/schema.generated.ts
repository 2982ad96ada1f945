import type { GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { GraphQLResolveInfo  } from '@sendpool/graphql';
import type { SendingServer as ServerModel } from '../../domain/sending-server.ts';
import type { Pool as PoolModel } from '../../domain/pool.ts';
import type { SharedMember as MemberModel } from '../../domain/shares.ts';
import type { ApiKey as ApiKeyModel } from '../../domain/api-key.ts';
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
  /** A moment in UTC, as in `2026-11-24T12:30:00.000Z` (RFC 3339). */
  DateTime: { input: Date; output: Date; }
  _FieldSet: { input: unknown; output: unknown; }
};

/** A key for this API. Its text is shown once, when it is made. */
export type ApiKey = {
  readonly __typename?: 'ApiKey';
  readonly createdAt: Scalars['DateTime']['output'];
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  /** First characters of the key, to tell keys apart. */
  readonly prefix: Scalars['String']['output'];
  readonly revokedAt: Maybe<Scalars['DateTime']['output']>;
  readonly role: Role;
};

export type CreateApiKeyInput = {
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  readonly name: Scalars['String']['input'];
  readonly role: Role;
};

export type CreateApiKeyPayload = {
  readonly __typename?: 'CreateApiKeyPayload';
  readonly apiKey: ApiKey;
  /** The key itself. It is shown this once and cannot be read again. */
  readonly secret: Scalars['String']['output'];
};

export type CreateApiKeyResult = CreateApiKeyPayload | Refused;

export type CreatePoolInput = {
  /** 1 to 64 members, each server once. */
  readonly members: ReadonlyArray<PoolMemberInput>;
  readonly name: Scalars['String']['input'];
  readonly whenBusy?: InputMaybe<WhenBusy>;
};

export type CreateSendingServerInput = {
  /** PEM of the authority that signed the server's certificate, when it is not a public one. */
  readonly caCertificate?: InputMaybe<Scalars['String']['input']>;
  /** At least one domain. */
  readonly fromDomains: ReadonlyArray<Scalars['String']['input']>;
  readonly host: Scalars['String']['input'];
  readonly kind?: InputMaybe<SendingServerKind>;
  readonly limits?: InputMaybe<SendingLimitsInput>;
  /** 1 to 100 characters, unique. */
  readonly name: Scalars['String']['input'];
  /** Stored sealed; never shown again. */
  readonly password?: InputMaybe<Scalars['String']['input']>;
  readonly port: Scalars['Int']['input'];
  readonly tls?: InputMaybe<TlsPolicy>;
  readonly username?: InputMaybe<Scalars['String']['input']>;
};

/** Why a mutation was refused. */
export type ErrorCode =
  /** A value is not allowed; `path` names it. */
  | 'BAD_INPUT'
  /** It does not fit the present state, as in starting a campaign that already runs. */
  | 'CONFLICT'
  /** No such object. */
  | 'NOT_FOUND';

export type Mutation = {
  readonly __typename?: 'Mutation';
  readonly activateSendingServer: SendingServerResult;
  readonly createApiKey: CreateApiKeyResult;
  readonly createPool: PoolResult;
  readonly createSendingServer: SendingServerResult;
  /** In force at every sender within a second. */
  readonly deactivateSendingServer: SendingServerResult;
  readonly revokeApiKey: RevokeApiKeyResult;
  readonly updatePool: PoolResult;
  readonly updateSendingServer: SendingServerResult;
  /** Connects, says EHLO, STARTTLS and AUTH, and stores what came of it. A failure is a result, not an error: see `verification`. */
  readonly verifySendingServer: SendingServerResult;
};


export type MutationActivateSendingServerArgs = {
  input: SendingServerInput;
};


export type MutationCreateApiKeyArgs = {
  input: CreateApiKeyInput;
};


export type MutationCreatePoolArgs = {
  input: CreatePoolInput;
};


export type MutationCreateSendingServerArgs = {
  input: CreateSendingServerInput;
};


export type MutationDeactivateSendingServerArgs = {
  input: SendingServerInput;
};


export type MutationRevokeApiKeyArgs = {
  input: RevokeApiKeyInput;
};


export type MutationUpdatePoolArgs = {
  input: UpdatePoolInput;
};


export type MutationUpdateSendingServerArgs = {
  input: UpdateSendingServerInput;
};


export type MutationVerifySendingServerArgs = {
  input: SendingServerInput;
};

export type PageInfo = {
  readonly __typename?: 'PageInfo';
  readonly endCursor: Maybe<Scalars['String']['output']>;
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
};

export type PoolMember = {
  readonly __typename?: 'PoolMember';
  /** Free text, as in `Main delivery`. */
  readonly role: Maybe<Scalars['String']['output']>;
  readonly server: SendingServer;
  /** weight / sum of the weights of the members that are active and verified; 0 for the others. Between 0 and 1. */
  readonly share: Scalars['Float']['output'];
  /** Whole number, 0 = none. */
  readonly weight: Scalars['Int']['output'];
};

export type PoolMemberInput = {
  readonly role?: InputMaybe<Scalars['String']['input']>;
  readonly serverId: Scalars['ID']['input'];
  /** Whole number from 0 to 1,000,000; not all may be 0. */
  readonly weight: Scalars['Int']['input'];
};

export type PoolPayload = {
  readonly __typename?: 'PoolPayload';
  readonly pool: SendingServerPool;
};

export type PoolResult = PoolPayload | Refused;

/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type Query = {
  readonly __typename?: 'Query';
  readonly apiKeys: Maybe<ReadonlyArray<ApiKey>>;
  readonly pool: Maybe<SendingServerPool>;
  readonly pools: Maybe<SendingServerPoolConnection>;
  readonly sendingServer: Maybe<SendingServer>;
  readonly sendingServers: Maybe<SendingServerConnection>;
};


/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type QueryPoolArgs = {
  id: Scalars['ID']['input'];
};


/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type QueryPoolsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type QuerySendingServerArgs = {
  id: Scalars['ID']['input'];
};


/** A field is null, with an error at its place, while its service is away; the others are answered. */
export type QuerySendingServersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

export type Refused = {
  readonly __typename?: 'Refused';
  readonly errors: ReadonlyArray<UserError>;
};

export type RevokeApiKeyInput = {
  readonly id: Scalars['ID']['input'];
};

export type RevokeApiKeyPayload = {
  readonly __typename?: 'RevokeApiKeyPayload';
  readonly apiKey: ApiKey;
};

export type RevokeApiKeyResult = Refused | RevokeApiKeyPayload;

/** What a key may do. Each role may do what the ones before it may. */
export type Role =
  /** May also make and revoke keys. */
  | 'ADMIN'
  /** May also change servers, pools, audiences and campaigns. */
  | 'OPERATOR'
  /** May look at everything but keys. */
  | 'READER';

export type SendingLimits = {
  readonly __typename?: 'SendingLimits';
  /** Connections over the whole cluster. */
  readonly maxConnections: Scalars['Int']['output'];
  /** Messages after which a connection is closed and made anew; null = no limit. */
  readonly messagesPerConnection: Maybe<Scalars['Int']['output']>;
  /** Messages per second over the whole cluster; null = no limit. */
  readonly messagesPerSecond: Maybe<Scalars['Float']['output']>;
};

export type SendingLimitsInput = {
  /** 1 to 1000. Default 10. */
  readonly maxConnections?: InputMaybe<Scalars['Int']['input']>;
  readonly messagesPerConnection?: InputMaybe<Scalars['Int']['input']>;
  readonly messagesPerSecond?: InputMaybe<Scalars['Float']['input']>;
};

/** A way out: an SMTP relay, or Amazon SES by its SMTP endpoint. */
export type SendingServer = {
  readonly __typename?: 'SendingServer';
  /** Domains it may send From: exact (`example.com`) or with all subdomains (`*.example.com`). */
  readonly fromDomains: ReadonlyArray<Scalars['String']['output']>;
  readonly hasCaCertificate: Scalars['Boolean']['output'];
  /** Whether a password is stored. The password itself can be set, never read. */
  readonly hasPassword: Scalars['Boolean']['output'];
  readonly host: Scalars['String']['output'];
  readonly id: Scalars['ID']['output'];
  readonly kind: SendingServerKind;
  readonly limits: SendingLimits;
  readonly name: Scalars['String']['output'];
  readonly port: Scalars['Int']['output'];
  /** Grows with each change. */
  readonly revision: Scalars['Int']['output'];
  readonly state: SendingServerState;
  readonly tls: TlsPolicy;
  readonly username: Maybe<Scalars['String']['output']>;
  readonly verification: Verification;
};

export type SendingServerConnection = {
  readonly __typename?: 'SendingServerConnection';
  readonly edges: ReadonlyArray<SendingServerEdge>;
  readonly nodes: ReadonlyArray<SendingServer>;
  readonly pageInfo: PageInfo;
};

export type SendingServerEdge = {
  readonly __typename?: 'SendingServerEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: SendingServer;
};

export type SendingServerInput = {
  readonly id: Scalars['ID']['input'];
};

export type SendingServerKind =
  | 'SMTP';

export type SendingServerPayload = {
  readonly __typename?: 'SendingServerPayload';
  readonly server: SendingServer;
};

/** A named set of sending servers. */
export type SendingServerPool = {
  readonly __typename?: 'SendingServerPool';
  readonly id: Scalars['ID']['output'];
  readonly members: ReadonlyArray<PoolMember>;
  readonly name: Scalars['String']['output'];
  readonly revision: Scalars['Int']['output'];
  readonly whenBusy: WhenBusy;
};

export type SendingServerPoolConnection = {
  readonly __typename?: 'SendingServerPoolConnection';
  readonly edges: ReadonlyArray<SendingServerPoolEdge>;
  readonly nodes: ReadonlyArray<SendingServerPool>;
  readonly pageInfo: PageInfo;
};

export type SendingServerPoolEdge = {
  readonly __typename?: 'SendingServerPoolEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: SendingServerPool;
};

export type SendingServerResult = Refused | SendingServerPayload;

export type SendingServerState =
  | 'ACTIVE'
  /** No new mail goes to it; what runs is finished. */
  | 'INACTIVE';

/** How the conversation with a server is protected. */
export type TlsPolicy =
  /** TLS from the first byte (port 465). */
  | 'IMPLICIT'
  /** No TLS. Never with a password. */
  | 'NONE'
  /** STARTTLS when offered, unverified. Never with a password. */
  | 'OPPORTUNISTIC'
  /** STARTTLS with a verified certificate, or nothing is sent. */
  | 'REQUIRED';

/** Fields left out stay as they are; `members` replaces the whole list. */
export type UpdatePoolInput = {
  readonly id: Scalars['ID']['input'];
  readonly members?: InputMaybe<ReadonlyArray<PoolMemberInput>>;
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly whenBusy?: InputMaybe<WhenBusy>;
};

/** Fields left out stay as they are. A change of host, port, tls, username, password or caCertificate asks for a new verification. */
export type UpdateSendingServerInput = {
  readonly caCertificate?: InputMaybe<Scalars['String']['input']>;
  readonly fromDomains?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly host?: InputMaybe<Scalars['String']['input']>;
  readonly id: Scalars['ID']['input'];
  readonly limits?: InputMaybe<SendingLimitsInput>;
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly password?: InputMaybe<Scalars['String']['input']>;
  readonly port?: InputMaybe<Scalars['Int']['input']>;
  readonly tls?: InputMaybe<TlsPolicy>;
  readonly username?: InputMaybe<Scalars['String']['input']>;
};

/** A refusal that a person can act on. */
export type UserError = {
  readonly __typename?: 'UserError';
  readonly code: ErrorCode;
  /** What is wrong and what to do, in words. */
  readonly message: Scalars['String']['output'];
  /** Path into the input, as in `["input", "members", "0", "weight"]`; null when it is about the whole input. */
  readonly path: Maybe<ReadonlyArray<Scalars['String']['output']>>;
};

/** Result of the last connect, EHLO, STARTTLS and AUTH. */
export type Verification = {
  readonly __typename?: 'Verification';
  readonly at: Maybe<Scalars['DateTime']['output']>;
  /** The stage that failed: CONNECT, GREETING, EHLO, TLS, AUTH; null when it passed. */
  readonly failedStage: Maybe<Scalars['String']['output']>;
  /** What the server or the network said, without secrets. */
  readonly message: Maybe<Scalars['String']['output']>;
  readonly status: VerificationStatus;
};

export type VerificationStatus =
  | 'FAILED'
  | 'NEVER'
  | 'PASSED';

/** What happens while the chosen server has no free connection. */
export type WhenBusy =
  /** Wait for it: the weights hold. */
  | 'KEEP_WEIGHTS'
  /** Take the next one that is free. */
  | 'OVERFLOW';



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
  SendingServer: SendingServer;
  SendingServerPool: SendingServerPool;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  SendingServer:
    ( { __typename: 'SendingServer' }
    & GraphQLRecursivePick<FederationTypes['SendingServer'], {"id":true}> );
  SendingServerPool:
    ( { __typename: 'SendingServerPool' }
    & GraphQLRecursivePick<FederationTypes['SendingServerPool'], {"id":true}> );
};

/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  CreateApiKeyResult:
    | ( Omit<CreateApiKeyPayload, 'apiKey'> & { apiKey: _RefType['ApiKey'] } )
    | ( Refused )
  ;
  PoolResult:
    | ( Omit<PoolPayload, 'pool'> & { pool: _RefType['SendingServerPool'] } )
    | ( Refused )
  ;
  RevokeApiKeyResult:
    | ( Refused )
    | ( Omit<RevokeApiKeyPayload, 'apiKey'> & { apiKey: _RefType['ApiKey'] } )
  ;
  SendingServerResult:
    | ( Refused )
    | ( Omit<SendingServerPayload, 'server'> & { server: _RefType['SendingServer'] } )
  ;
};


/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  ApiKey: ResolverTypeWrapper<ApiKeyModel>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  CreateApiKeyInput: CreateApiKeyInput;
  CreateApiKeyPayload: ResolverTypeWrapper<Omit<CreateApiKeyPayload, 'apiKey'> & { apiKey: ResolversTypes['ApiKey'] }>;
  CreateApiKeyResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['CreateApiKeyResult']>;
  CreatePoolInput: CreatePoolInput;
  CreateSendingServerInput: CreateSendingServerInput;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  ErrorCode: ErrorCode;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  PoolMember: ResolverTypeWrapper<MemberModel>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  PoolMemberInput: PoolMemberInput;
  PoolPayload: ResolverTypeWrapper<Omit<PoolPayload, 'pool'> & { pool: ResolversTypes['SendingServerPool'] }>;
  PoolResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PoolResult']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Refused: ResolverTypeWrapper<Refused>;
  RevokeApiKeyInput: RevokeApiKeyInput;
  RevokeApiKeyPayload: ResolverTypeWrapper<Omit<RevokeApiKeyPayload, 'apiKey'> & { apiKey: ResolversTypes['ApiKey'] }>;
  RevokeApiKeyResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['RevokeApiKeyResult']>;
  Role: Role;
  SendingLimits: ResolverTypeWrapper<SendingLimits>;
  SendingLimitsInput: SendingLimitsInput;
  SendingServer: ResolverTypeWrapper<ServerModel>;
  SendingServerConnection: ResolverTypeWrapper<Omit<SendingServerConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['SendingServerEdge']>, nodes: ReadonlyArray<ResolversTypes['SendingServer']> }>;
  SendingServerEdge: ResolverTypeWrapper<Omit<SendingServerEdge, 'node'> & { node: ResolversTypes['SendingServer'] }>;
  SendingServerInput: SendingServerInput;
  SendingServerKind: SendingServerKind;
  SendingServerPayload: ResolverTypeWrapper<Omit<SendingServerPayload, 'server'> & { server: ResolversTypes['SendingServer'] }>;
  SendingServerPool: ResolverTypeWrapper<PoolModel>;
  SendingServerPoolConnection: ResolverTypeWrapper<Omit<SendingServerPoolConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['SendingServerPoolEdge']>, nodes: ReadonlyArray<ResolversTypes['SendingServerPool']> }>;
  SendingServerPoolEdge: ResolverTypeWrapper<Omit<SendingServerPoolEdge, 'node'> & { node: ResolversTypes['SendingServerPool'] }>;
  SendingServerResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['SendingServerResult']>;
  SendingServerState: SendingServerState;
  TlsPolicy: TlsPolicy;
  UpdatePoolInput: UpdatePoolInput;
  UpdateSendingServerInput: UpdateSendingServerInput;
  UserError: ResolverTypeWrapper<UserError>;
  Verification: ResolverTypeWrapper<Verification>;
  VerificationStatus: VerificationStatus;
  WhenBusy: WhenBusy;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  ApiKey: ApiKeyModel;
  ID: Scalars['ID']['output'];
  String: Scalars['String']['output'];
  CreateApiKeyInput: CreateApiKeyInput;
  CreateApiKeyPayload: Omit<CreateApiKeyPayload, 'apiKey'> & { apiKey: ResolversParentTypes['ApiKey'] };
  CreateApiKeyResult: ResolversUnionTypes<ResolversParentTypes>['CreateApiKeyResult'];
  CreatePoolInput: CreatePoolInput;
  CreateSendingServerInput: CreateSendingServerInput;
  Int: Scalars['Int']['output'];
  DateTime: Scalars['DateTime']['output'];
  Mutation: Record<PropertyKey, never>;
  PageInfo: PageInfo;
  Boolean: Scalars['Boolean']['output'];
  PoolMember: MemberModel;
  Float: Scalars['Float']['output'];
  PoolMemberInput: PoolMemberInput;
  PoolPayload: Omit<PoolPayload, 'pool'> & { pool: ResolversParentTypes['SendingServerPool'] };
  PoolResult: ResolversUnionTypes<ResolversParentTypes>['PoolResult'];
  Query: Record<PropertyKey, never>;
  Refused: Refused;
  RevokeApiKeyInput: RevokeApiKeyInput;
  RevokeApiKeyPayload: Omit<RevokeApiKeyPayload, 'apiKey'> & { apiKey: ResolversParentTypes['ApiKey'] };
  RevokeApiKeyResult: ResolversUnionTypes<ResolversParentTypes>['RevokeApiKeyResult'];
  SendingLimits: SendingLimits;
  SendingLimitsInput: SendingLimitsInput;
  SendingServer: ServerModel;
  SendingServerConnection: Omit<SendingServerConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['SendingServerEdge']>, nodes: ReadonlyArray<ResolversParentTypes['SendingServer']> };
  SendingServerEdge: Omit<SendingServerEdge, 'node'> & { node: ResolversParentTypes['SendingServer'] };
  SendingServerInput: SendingServerInput;
  SendingServerPayload: Omit<SendingServerPayload, 'server'> & { server: ResolversParentTypes['SendingServer'] };
  SendingServerPool: PoolModel;
  SendingServerPoolConnection: Omit<SendingServerPoolConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['SendingServerPoolEdge']>, nodes: ReadonlyArray<ResolversParentTypes['SendingServerPool']> };
  SendingServerPoolEdge: Omit<SendingServerPoolEdge, 'node'> & { node: ResolversParentTypes['SendingServerPool'] };
  SendingServerResult: ResolversUnionTypes<ResolversParentTypes>['SendingServerResult'];
  UpdatePoolInput: UpdatePoolInput;
  UpdateSendingServerInput: UpdateSendingServerInput;
  UserError: UserError;
  Verification: Verification;
};

export type AccessDirectiveArgs = {
  role: Role;
};

export type AccessDirectiveResolver<Result, Parent, ContextType = RequestContext, Args = AccessDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type ApiKeyResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApiKey'] = ResolversParentTypes['ApiKey']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  prefix?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  revokedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  role?: Resolver<ResolversTypes['Role'], ParentType, ContextType>;
};

export type CreateApiKeyPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CreateApiKeyPayload'] = ResolversParentTypes['CreateApiKeyPayload']> = {
  apiKey?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType>;
  secret?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CreateApiKeyResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CreateApiKeyResult'] = ResolversParentTypes['CreateApiKeyResult']> = {
  __resolveType: TypeResolveFn<'CreateApiKeyPayload' | 'Refused', ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type MutationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  activateSendingServer?: Resolver<ResolversTypes['SendingServerResult'], ParentType, ContextType, RequireFields<MutationActivateSendingServerArgs, 'input'>>;
  createApiKey?: Resolver<ResolversTypes['CreateApiKeyResult'], ParentType, ContextType, RequireFields<MutationCreateApiKeyArgs, 'input'>>;
  createPool?: Resolver<ResolversTypes['PoolResult'], ParentType, ContextType, RequireFields<MutationCreatePoolArgs, 'input'>>;
  createSendingServer?: Resolver<ResolversTypes['SendingServerResult'], ParentType, ContextType, RequireFields<MutationCreateSendingServerArgs, 'input'>>;
  deactivateSendingServer?: Resolver<ResolversTypes['SendingServerResult'], ParentType, ContextType, RequireFields<MutationDeactivateSendingServerArgs, 'input'>>;
  revokeApiKey?: Resolver<ResolversTypes['RevokeApiKeyResult'], ParentType, ContextType, RequireFields<MutationRevokeApiKeyArgs, 'input'>>;
  updatePool?: Resolver<ResolversTypes['PoolResult'], ParentType, ContextType, RequireFields<MutationUpdatePoolArgs, 'input'>>;
  updateSendingServer?: Resolver<ResolversTypes['SendingServerResult'], ParentType, ContextType, RequireFields<MutationUpdateSendingServerArgs, 'input'>>;
  verifySendingServer?: Resolver<ResolversTypes['SendingServerResult'], ParentType, ContextType, RequireFields<MutationVerifySendingServerArgs, 'input'>>;
};

export type PageInfoResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PoolMemberResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PoolMember'] = ResolversParentTypes['PoolMember']> = {
  role?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  server?: Resolver<ResolversTypes['SendingServer'], ParentType, ContextType>;
  share?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  weight?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PoolPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PoolPayload'] = ResolversParentTypes['PoolPayload']> = {
  pool?: Resolver<ResolversTypes['SendingServerPool'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PoolResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PoolResult'] = ResolversParentTypes['PoolResult']> = {
  __resolveType: TypeResolveFn<'PoolPayload' | 'Refused', ParentType, ContextType>;
};

export type QueryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  apiKeys?: Resolver<Maybe<ReadonlyArray<ResolversTypes['ApiKey']>>, ParentType, ContextType>;
  pool?: Resolver<Maybe<ResolversTypes['SendingServerPool']>, ParentType, ContextType, RequireFields<QueryPoolArgs, 'id'>>;
  pools?: Resolver<Maybe<ResolversTypes['SendingServerPoolConnection']>, ParentType, ContextType, RequireFields<QueryPoolsArgs, 'first'>>;
  sendingServer?: Resolver<Maybe<ResolversTypes['SendingServer']>, ParentType, ContextType, RequireFields<QuerySendingServerArgs, 'id'>>;
  sendingServers?: Resolver<Maybe<ResolversTypes['SendingServerConnection']>, ParentType, ContextType, RequireFields<QuerySendingServersArgs, 'first'>>;
};

export type RefusedResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Refused'] = ResolversParentTypes['Refused']> = {
  errors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RevokeApiKeyPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RevokeApiKeyPayload'] = ResolversParentTypes['RevokeApiKeyPayload']> = {
  apiKey?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RevokeApiKeyResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RevokeApiKeyResult'] = ResolversParentTypes['RevokeApiKeyResult']> = {
  __resolveType: TypeResolveFn<'Refused' | 'RevokeApiKeyPayload', ParentType, ContextType>;
};

export type SendingLimitsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingLimits'] = ResolversParentTypes['SendingLimits']> = {
  maxConnections?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  messagesPerConnection?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  messagesPerSecond?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type SendingServerResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingServer'] = ResolversParentTypes['SendingServer'], FederationReferenceType extends FederationReferenceTypes['SendingServer'] = FederationReferenceTypes['SendingServer']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['SendingServer']> | FederationReferenceType, FederationReferenceType, ContextType>;
  fromDomains?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  hasCaCertificate?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPassword?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  host?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['SendingServerKind'], ParentType, ContextType>;
  limits?: Resolver<ResolversTypes['SendingLimits'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  port?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['SendingServerState'], ParentType, ContextType>;
  tls?: Resolver<ResolversTypes['TlsPolicy'], ParentType, ContextType>;
  username?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  verification?: Resolver<ResolversTypes['Verification'], ParentType, ContextType>;
};

export type SendingServerConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingServerConnection'] = ResolversParentTypes['SendingServerConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['SendingServerEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['SendingServer']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type SendingServerEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingServerEdge'] = ResolversParentTypes['SendingServerEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['SendingServer'], ParentType, ContextType>;
};

export type SendingServerPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingServerPayload'] = ResolversParentTypes['SendingServerPayload']> = {
  server?: Resolver<ResolversTypes['SendingServer'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SendingServerPoolResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingServerPool'] = ResolversParentTypes['SendingServerPool'], FederationReferenceType extends FederationReferenceTypes['SendingServerPool'] = FederationReferenceTypes['SendingServerPool']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['SendingServerPool']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  members?: Resolver<ReadonlyArray<ResolversTypes['PoolMember']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  whenBusy?: Resolver<ResolversTypes['WhenBusy'], ParentType, ContextType>;
};

export type SendingServerPoolConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingServerPoolConnection'] = ResolversParentTypes['SendingServerPoolConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['SendingServerPoolEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['SendingServerPool']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type SendingServerPoolEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingServerPoolEdge'] = ResolversParentTypes['SendingServerPoolEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['SendingServerPool'], ParentType, ContextType>;
};

export type SendingServerResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendingServerResult'] = ResolversParentTypes['SendingServerResult']> = {
  __resolveType: TypeResolveFn<'Refused' | 'SendingServerPayload', ParentType, ContextType>;
};

export type UserErrorResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type VerificationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Verification'] = ResolversParentTypes['Verification']> = {
  at?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  failedStage?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['VerificationStatus'], ParentType, ContextType>;
};

export type Resolvers<ContextType = RequestContext> = {
  ApiKey?: ApiKeyResolvers<ContextType>;
  CreateApiKeyPayload?: CreateApiKeyPayloadResolvers<ContextType>;
  CreateApiKeyResult?: CreateApiKeyResultResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  Mutation?: MutationResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  PoolMember?: PoolMemberResolvers<ContextType>;
  PoolPayload?: PoolPayloadResolvers<ContextType>;
  PoolResult?: PoolResultResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Refused?: RefusedResolvers<ContextType>;
  RevokeApiKeyPayload?: RevokeApiKeyPayloadResolvers<ContextType>;
  RevokeApiKeyResult?: RevokeApiKeyResultResolvers<ContextType>;
  SendingLimits?: SendingLimitsResolvers<ContextType>;
  SendingServer?: SendingServerResolvers<ContextType>;
  SendingServerConnection?: SendingServerConnectionResolvers<ContextType>;
  SendingServerEdge?: SendingServerEdgeResolvers<ContextType>;
  SendingServerPayload?: SendingServerPayloadResolvers<ContextType>;
  SendingServerPool?: SendingServerPoolResolvers<ContextType>;
  SendingServerPoolConnection?: SendingServerPoolConnectionResolvers<ContextType>;
  SendingServerPoolEdge?: SendingServerPoolEdgeResolvers<ContextType>;
  SendingServerResult?: SendingServerResultResolvers<ContextType>;
  UserError?: UserErrorResolvers<ContextType>;
  Verification?: VerificationResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = RequestContext> = {
  access?: AccessDirectiveResolver<any, any, ContextType>;
};
