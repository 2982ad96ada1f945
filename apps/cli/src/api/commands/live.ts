/** `sendpool watch` and `sendpool events`: what happens now, until it ends or Ctrl-C. */
import type { Command } from '../command.ts';
import { progressFields, progressLine, type Progress } from '../progress.ts';

const progressQuery = `subscription ($id: ID!) { progress: campaignProgress(campaignId: $id) { ${progressFields} } }`;

export const watch: Command = {
  takes: ['<campaign id>'],
  help: 'the progress of a campaign, live, until it is finished',
  run: async ({ api, terminal, values, words, signal }) => {
    const answers = api.stream<{ progress: Progress }>(progressQuery, () => ({ id: words[0] }), signal);
    for await (const { progress } of answers)
      if (values.json === true) terminal.line(JSON.stringify(progress));
      else terminal.status(`${progress.status} ${progressLine(progress)}`);
  },
};

type Page = { nodes: readonly object[]; endCursor: string };

const eventsQuery = `subscription ($after: String, $filter: DeliveryEventFilter) {
  page: deliveryEvents(after: $after, filter: $filter) {
    endCursor
    nodes {
      id cursor at outcome recipientNumber tryNumber provider bounceClass reason latencyMs
      campaign { id } server { id name } reply { code enhanced text }
    }
  }
}`;

export const events: Command = {
  takes: [],
  help: 'delivery events as JSON, a line each, live (--campaign, --after <cursor>)',
  run: async ({ api, terminal, values, signal }) => {
    const filter = values.campaign === undefined ? null : { campaignId: values.campaign };
    let after = values.after ?? null;
    const pages = api.stream<{ page: Page }>(eventsQuery, () => ({ after, filter }), signal);
    for await (const { page } of pages) {
      for (const event of page.nodes) terminal.line(JSON.stringify(event));
      after = page.endCursor;
    }
  },
};
