"""Sends a campaign and follows its delivery events, with nothing but the standard library. Python 3.9 or newer."""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

URL = os.environ.get("SENDPOOL_URL", "http://127.0.0.1:4000")
KEY = os.environ.get("SENDPOOL_API_KEY", "")
SMTP_PORT = int(os.environ.get("SMTP_PORT", "2525"))
CONTACTS = int(os.environ.get("CONTACTS", "20"))
CURSOR_FILE = os.environ.get("CURSOR_FILE", "python-cursor.txt")
# Names and idempotency keys: started again with the same RUN, nothing is made or sent a second time.
RUN = os.environ.get("RUN", datetime.now(timezone.utc).isoformat())

REFUSED = "... on Refused { errors { message path } }"


class ApiError(Exception):
    """The API has answered, and says that something is wrong."""


def fault_of(errors):
    """What is to be raised. UNAVAILABLE, as at the end of a stream when the API stops, is worth another try; go by the code."""
    words = "; ".join(error["message"] for error in errors)
    codes = [error.get("code") or error.get("extensions", {}).get("code") for error in errors]
    return ConnectionError(words) if "UNAVAILABLE" in codes else ApiError(words)


def refusal_of(error):
    """The fault in an answer of 400 or above, in the words of GraphQL or of the other paths."""
    try:
        body = json.load(error)
        return fault_of(body.get("errors") or [body["error"]])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ApiError(f"{URL} is no Sendpool API: it answers {error.code}")


def post(path, body, headers):
    """The answer, to be read. Raises ApiError when it is a refusal, and ConnectionError when none comes."""
    request = urllib.request.Request(URL + path, body, {"Authorization": f"Bearer {KEY}", **headers})
    try:
        return urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:  # 401, 429 and the like, with the reason in the body
        raise refusal_of(error) from None
    except urllib.error.URLError as error:
        raise ConnectionError(f"{URL} does not answer: {error.reason}") from None


def data_of(answer):
    if answer.get("errors"):
        raise fault_of(answer["errors"])
    return answer["data"]


def operation(query, variables):
    return json.dumps({"query": query, "variables": variables}).encode()


def run(query, variables=None):
    """The data of a query or a mutation. Raises what the API says in `errors`."""
    with post("/graphql", operation(query, variables or {}), {"Content-Type": "application/json"}) as response:
        return data_of(json.load(response))


def change(mutation, input_type, payload, given):
    """The payload of a mutation. Raises what is wrong with its input."""
    query = f"mutation ($input: {input_type}!) {{ result: {mutation}(input: $input) {{ {payload} {REFUSED} }} }}"
    result = run(query, {"input": given})["result"]
    if "errors" in result:
        raise ApiError("; ".join(f"{'.'.join(error['path'] or [])}: {error['message']}" for error in result["errors"]))
    return result


def stream(query, variables):
    """Results of a subscription by server-sent events, line by line, until the API ends the stream."""
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    with post("/graphql/stream", operation(query, variables), headers) as lines:
        event = ""
        for line in lines:
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            if name == "event":
                event = value
            elif name == "data" and event == "next":
                yield data_of(json.loads(value))
            elif name.startswith("event") or event == "complete":
                return
    raise ConnectionError("the stream broke off")


def upload_contacts(audience, csv):
    headers = {"Content-Type": "text/csv", "Idempotency-Key": RUN}
    with post(f"/audiences/{audience}/contacts", csv.encode(), headers) as response:
        return json.load(response)


def make_campaign():
    named = {"name": RUN, "idempotencyKey": RUN}
    # A real mail server has TLS: leave "tls" out, and give "username" and "password".
    server = {"host": "127.0.0.1", "port": SMTP_PORT, "tls": "NONE", "fromDomains": ["example.com"], **named}
    payload = "... on SendingServerPayload { server { id verification { status message } } }"
    made = change("createSendingServer", "CreateSendingServerInput", payload, server)
    if made["server"]["verification"]["status"] != "PASSED":
        checked = change("verifySendingServer", "VerifySendingServerInput", payload, {"id": made["server"]["id"]})
        if checked["server"]["verification"]["status"] != "PASSED":
            raise ApiError(f"the server cannot be used: {checked['server']['verification']['message']}")
    members = [{"serverId": made["server"]["id"], "weight": 10}]
    pool = change("createPool", "CreatePoolInput", "... on PoolPayload { pool { id } }", {"members": members, **named})
    audience = change("createAudience", "CreateAudienceInput", "... on AudiencePayload { audience { id } }", named)
    rows = [f"reader-{at}@example.org,Reader {at}\n" for at in range(CONTACTS)]
    upload_contacts(audience["audience"]["id"], "email,first_name\n" + "".join(rows))
    campaign = {
        "from": {"name": "News", "address": "news@example.com"},
        "subject": "Hello {{ first_name }}",
        "text": "It is spring.",
        "audienceId": audience["audience"]["id"],
        "sendingSettings": {"poolId": pool["pool"]["id"]},
        **named,
    }
    payload = "... on CampaignPayload { campaign { id } }"
    return change("createCampaign", "CreateCampaignInput", payload, campaign)["campaign"]["id"]


def watch(campaign):
    query = """subscription ($id: ID!) {
      campaignProgress(campaignId: $id) { status total accepted bounced }
    }"""
    while True:
        try:
            for data in stream(query, {"id": campaign}):
                progress = data["campaignProgress"]
                if progress is not None:
                    print("{status}: {accepted} accepted and {bounced} bounced of {total}".format(**progress))
            return
        except (OSError, http.client.HTTPException) as error:  # broken off: the first value is of now, nothing is missed
            print(error, file=sys.stderr)
            time.sleep(1)


def read_cursor():
    """Where the last run ended; at first a cursor of now."""
    if not os.path.exists(CURSOR_FILE):
        store_cursor(run("{ deliveryEvents { endCursor } }")["deliveryEvents"]["endCursor"])
    with open(CURSOR_FILE, encoding="ascii") as file:
        return file.read().strip()  # an editor, or a shell, may have put a line end behind it


def store_cursor(cursor):
    with open(CURSOR_FILE, "w", encoding="ascii") as file:
        file.write(cursor)


def follow():
    """Prints the events behind the cursor, page by page, until it moves on no more."""
    query = """query ($after: String!) {
      deliveryEvents(after: $after) {
        endCursor nodes { id outcome recipientNumber reply { code } campaign { name } }
      }
    }"""
    while True:
        after = read_cursor()
        page = run(query, {"after": after})["deliveryEvents"]
        for event in page["nodes"]:
            code = (event["reply"] or {}).get("code") or "-"
            print(event["id"], event["outcome"], event["recipientNumber"], code, (event["campaign"] or {}).get("name", "-"))
        store_cursor(page["endCursor"])  # after the work: a crash in between repeats a page, and loses none
        if page["endCursor"] == after:
            return


def main():
    read_cursor()
    campaign_id = make_campaign()
    started = {"id": campaign_id, "idempotencyKey": RUN}
    change("startCampaign", "StartCampaignInput", "... on CampaignPayload { campaign { id } }", started)
    print("campaign", campaign_id, "is started")
    watch(campaign_id)
    follow()


if __name__ == "__main__":
    try:
        main()
    except (ApiError, OSError, http.client.HTTPException) as error:
        sys.exit(f"it is not done: {error}")
    except ValueError:
        sys.exit(f"{URL} is no Sendpool API: its answer is not JSON")
