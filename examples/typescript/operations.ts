/** What this program asks of the API. Code generation reads these documents and writes their types; start it again after a change. */
import { graphql } from './generated/index.ts';

graphql(`
  fragment Problems on Refused {
    errors {
      message
      path
    }
  }
`);

export const createServer = graphql(`
  mutation CreateServer($input: CreateSendingServerInput!) {
    result: createSendingServer(input: $input) {
      __typename
      ... on SendingServerPayload {
        server {
          id
          verification {
            status
          }
        }
      }
      ...Problems
    }
  }
`);

export const verifyServer = graphql(`
  mutation VerifyServer($input: VerifySendingServerInput!) {
    result: verifySendingServer(input: $input) {
      __typename
      ... on SendingServerPayload {
        server {
          verification {
            status
            message
          }
        }
      }
      ...Problems
    }
  }
`);

export const createPool = graphql(`
  mutation CreatePool($input: CreatePoolInput!) {
    result: createPool(input: $input) {
      __typename
      ... on PoolPayload {
        pool {
          id
        }
      }
      ...Problems
    }
  }
`);

export const createAudience = graphql(`
  mutation CreateAudience($input: CreateAudienceInput!) {
    result: createAudience(input: $input) {
      __typename
      ... on AudiencePayload {
        audience {
          id
        }
      }
      ...Problems
    }
  }
`);

export const createCampaign = graphql(`
  mutation CreateCampaign($input: CreateCampaignInput!) {
    result: createCampaign(input: $input) {
      __typename
      ... on CampaignPayload {
        campaign {
          id
        }
      }
      ...Problems
    }
  }
`);

export const startCampaign = graphql(`
  mutation StartCampaign($input: StartCampaignInput!) {
    result: startCampaign(input: $input) {
      __typename
      ... on CampaignPayload {
        campaign {
          id
        }
      }
      ...Problems
    }
  }
`);

export const watchProgress = graphql(`
  subscription WatchProgress($id: ID!) {
    campaignProgress(campaignId: $id) {
      status
      total
      accepted
      bounced
    }
  }
`);

export const cursorOfNow = graphql(`
  query CursorOfNow {
    deliveryEvents {
      endCursor
    }
  }
`);

export const followEvents = graphql(`
  subscription FollowEvents($after: String!) {
    deliveryEvents(after: $after) {
      endCursor
      nodes {
        id
        outcome
        recipientNumber
        reply {
          code
          text
        }
        campaign {
          name
        }
      }
    }
  }
`);
