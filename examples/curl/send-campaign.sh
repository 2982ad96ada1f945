#!/usr/bin/env bash
# Sends a campaign and reads its delivery events with curl alone. Needs SENDPOOL_API_KEY; the rest has defaults.
set -euo pipefail

url=${SENDPOOL_URL:-http://127.0.0.1:4000}
smtp_port=${SMTP_PORT:-2525}
contacts=${CONTACTS:-20}
cursor_file=${CURSOR_FILE:-curl-cursor.txt}
# Names and idempotency keys: started again with the same RUN, nothing is made or sent a second time.
run=${RUN:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}

call() { curl -sS -H "authorization: Bearer ${SENDPOOL_API_KEY:?is not set}" "$@"; }

# The answer to a GraphQL request, given as one JSON object. Ends the script with what the API says is wrong.
ask() {
  local answer
  # What curl says itself stands above it: no connection, a name that is not known.
  answer=$(call "$url/graphql" -H 'content-type: application/json' -d "$1") || { echo "$url does not answer" >&2 && exit 1; }
  case $answer in
    *'"errors":'*) echo "refused: $answer" >&2 && exit 1 ;;
    *'"data":'*) echo "$answer" ;;
    *) echo "$url is no Sendpool API: $answer" >&2 && exit 1 ;;
  esac
}

# The text of the last field of that name: enough for answers of which we know what is in them.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# change MUTATION INPUT_TYPE PAYLOAD INPUT: prints the answer.
change() {
  ask '{"query":"mutation ($input: '"$2"'!) { '"$1"'(input: $input) { '"$3"' ... on Refused { errors { message path } } } }","variables":{"input":'"$4"'}}'
}

named='"name":"'$run'","idempotencyKey":"'$run'"'

checked='... on SendingServerPayload { server { id verification { status message } } }'
answer=$(change createSendingServer CreateSendingServerInput "$checked" \
  '{'"$named"',"host":"127.0.0.1","port":'"$smtp_port"',"tls":"NONE","fromDomains":["example.com"]}')
server=$(field id <<<"$answer")
if [ "$(field status <<<"$answer")" != PASSED ]; then
  answer=$(change verifySendingServer VerifySendingServerInput "$checked" '{"id":"'"$server"'"}')
  [ "$(field status <<<"$answer")" = PASSED ] || { echo "the server cannot be used: $answer" >&2 && exit 1; }
fi

pool=$(change createPool CreatePoolInput '... on PoolPayload { pool { id } }' \
  '{'"$named"',"members":[{"serverId":"'"$server"'","weight":10}]}' | field id)

audience=$(change createAudience CreateAudienceInput '... on AudiencePayload { audience { id } }' "{$named}" | field id)
{
  echo email,first_name
  for ((at = 0; at < contacts; at++)); do echo "reader-$at@example.org,Reader $at"; done
} | call --fail "$url/audiences/$audience/contacts" -H 'content-type: text/csv' -H "idempotency-key: $run" --data-binary @-
echo

campaign=$(change createCampaign CreateCampaignInput '... on CampaignPayload { campaign { id } }' \
  '{'"$named"',"from":{"name":"News","address":"news@example.com"},"subject":"Hello {{ first_name }}","text":"It is spring.",
    "audienceId":"'"$audience"'","sendingSettings":{"poolId":"'"$pool"'"}}' | field id)

# Where the last run ended; at first a cursor of now.
if [ ! -s "$cursor_file" ]; then
  cursor=$(ask '{"query":"{ deliveryEvents { endCursor } }"}' | field endCursor)
  printf %s "$cursor" >"$cursor_file" # without a line end, so that every program can read it
fi

change startCampaign StartCampaignInput '... on CampaignPayload { campaign { id } }' \
  '{"id":"'"$campaign"'","idempotencyKey":"'"$run"'"}' >/dev/null
echo "campaign $campaign is started"

# Server-sent events, a line each, until the campaign is finished.
call -N "$url/graphql/stream" -H 'content-type: application/json' -H 'accept: text/event-stream' \
  -d '{"query":"subscription ($id: ID!) { campaignProgress(campaignId: $id) { status total accepted bounced } }","variables":{"id":"'"$campaign"'"}}' |
  sed -un 's/^data: \(.*campaignProgress.*\)/\1/p'

# The events behind the cursor, page by page, until it moves on no more. It is stored after the work of its page.
after=
while [ "$after" != "$(<"$cursor_file")" ]; do
  after=$(<"$cursor_file")
  page=$(ask '{"query":"query ($after: String) { deliveryEvents(after: $after) { nodes { id outcome recipientNumber } endCursor } }","variables":{"after":"'"$after"'"}}')
  grep -o '"id":"[^"]*","outcome":"[^"]*","recipientNumber":[0-9]*' <<<"$page" || true # none on this page
  printf %s "$(field endCursor <<<"$page")" >"$cursor_file"
done
