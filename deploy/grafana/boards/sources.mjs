// Per source: what it tells, whether it is silent, what its API costs.
import { board, choice, lines, stat } from '../panels.mjs';

const of = (metric, more = '') => `${metric}{source=~"$source"${more}}`;

export const sources = board('omni-sources', 'Omni: sources', 'What each Pipedrive account tells, whether it is silent, and what its API costs.',
  [choice('source', 'Source', 'label_values(omni_collector_accepted_total, source)')], [
  stat('Last event', 's', 'How long ago its last webhook came in.', `time() - max by (source) (${of('omni_enricher_source_last_event_timestamp_seconds')})`, { legend: '{{source}}' }),
  stat('Silent', 'bool_yes_no', 'Yes: it tells nothing though events are due. No is good.', `max by (source) (${of('omni_enricher_source_silent')})`, { legend: '{{source}}', good: { below: 1 } }),
  stat('Events due', 'short', 'Since the last one, by the same hours of the four weeks before. Small is good; a few weeks of history are needed.', `max by (source) (${of('omni_enricher_source_due_events')})`, { legend: '{{source}}' }),
  stat('Webhooks not active', 'short', 'Missing or failing, as Pipedrive lists them. 0 is good.', `sum by (source) (${of('omni_enricher_webhooks', ', state!="active"')})`,
    { legend: '{{source}}', good: { below: 1 }, quiet: 'told only where `manage_webhooks` is on.' }),
  stat('API tokens left', 'percentunit', 'Of the company\'s day. Below 40 % backfills stop, below 10 % repairs.', `min by (source) (${of('omni_enricher_api_tokens_left')} / ${of('omni_enricher_api_tokens_day')})`, { legend: '{{source}}', good: { above: 0.1 } }),
  stat('API', 'short', 'Blocks by Pipedrive\'s edge in a row, and 1 while it is left alone after failures. 0 is good.', `max by (source) (${of('omni_enricher_api_bans')} + ${of('omni_enricher_api_circuit_open')})`, { legend: '{{source}}', good: { below: 1 } }),
  lines('Events per second', 'eps', 'Accepted, those that are quarantined included.', [[`sum by (source) (rate(${of('omni_collector_accepted_total')}[$__rate_interval]))`, '{{source}}']]),
  lines('Silence', 's', 'Time since the last webhook. Compare it with the same hour of other days.', [[`time() - max by (source) (${of('omni_enricher_source_last_event_timestamp_seconds')})`, '{{source}}']]),
  lines('Webhooks', 'short', 'Subscriptions that are wanted, by state.', [[`max by (source, state) (${of('omni_enricher_webhooks')})`, '{{source}} {{state}}']],
    { quiet: 'told only where `manage_webhooks` is on.' }),
  lines('Repairs of webhooks in an hour', 'short', 'What the enricher made anew or took away, and why.', [[`sum by (source, step, cause, result) (increase(${of('omni_enricher_webhook_repairs_total')}[1h]))`, '{{source}} {{step}} {{cause}} {{result}}']],
    { quiet: 'nothing had to be repaired.' }),
  lines('API tokens', 'short', 'Left of the company\'s day, and spent by this pipeline today.', [
    [`min by (source) (${of('omni_enricher_api_tokens_left')})`, 'left {{source}}'], [`max by (source) (${of('omni_enricher_api_tokens_spent')})`, 'spent {{source}}']]),
  lines('Ledger', 'short', 'Missing, never arrived, doubled. All 0 is good.', [
    [`max by (source) (${of('omni_loader_ledger_missing_events')})`, 'missing {{source}}'], [`max by (source) (${of('omni_loader_ledger_unarchived_events')})`, 'never arrived {{source}}'],
    [`max by (source) (${of('omni_loader_ledger_doubled_rows')})`, 'doubled {{source}}']]),
  lines('E-mail validations', 'short', 'Calls to the provider in an hour by result (all sources); `known` is what it charges for.', [['sum by (provider, result) (increase(omni_enricher_email_calls_total[1h]))', '{{provider}} {{result}}']],
    { quiet: 'no provider is set.' }),
  lines('Rejected by collectors per second', 'eps', 'Bodies that no source should send, by reason (all sources).', [['sum by (reason) (rate(omni_collector_outcomes_total{outcome="rejected"}[$__rate_interval]))', '{{reason}}']],
    { quiet: 'nothing was rejected.' }),
]);
