// One part a stage: what it does, how long it takes, what it holds.
import { board, heading, lines } from '../panels.mjs';

const p = (share, metric, by = '') => `histogram_quantile(${share}, sum by (le${by && `, ${by}`}) (rate(${metric}_bucket[$__rate_interval])))`;
const both = metric => [[p(0.5, metric), 'half of them'], [p(0.99, metric), '99 of 100']];
const rate = (by, metric) => `sum by (${by}) (rate(${metric}[$__rate_interval]))`;

export const stages = board('omni-stages', 'Omni: stages', 'What each stage does, how long it takes and what it holds.', [], [
  heading('Collector'),
  lines('Answer to a webhook', 's', 'From its head to our 2xx. Pipedrive gives up after 10 s.', both('omni_collector_request_seconds'), { width: 8 }),
  lines('Acknowledgement of Kafka', 's', 'Nearly all of the answer\'s time. Beyond 0.5 s an event goes to the spool.', both('omni_collector_ack_seconds'), { width: 8 }),
  lines('Refused per second', 'reqps', 'Requests answered 4xx or 5xx, by status and why.', [[rate('status, reason', 'omni_collector_refused_total'), '{{status}} {{reason}}']],
    { width: 8, quiet: 'nobody was refused.' }),
  lines('Spool', 'bytes', 'What waits on the disk, and how much may. 0 while Kafka answers.', [
    ['sum by (instance) (omni_collector_spool_bytes)', 'used {{instance}}'], ['sum by (instance) (omni_collector_spool_max_bytes)', 'at most {{instance}}'],
    ['sum by (instance) (omni_collector_spool_disk_free_bytes)', 'free on the disk {{instance}}']], { width: 8 }),
  lines('Under way', 'short', 'Requests being answered, records on their way to Kafka, connections.', [
    ['sum(omni_collector_in_flight_requests)', 'requests'], ['sum(omni_collector_in_flight_records)', 'records'], ['sum(omni_collector_connections)', 'connections']], { width: 8 }),
  lines('Heartbeats per second', 'short', 'One a partition each 15 s, by whether Kafka took it.', [[rate('result', 'omni_collector_heartbeats_total'), '{{result}}']], { width: 8 }),
  heading('Enricher'),
  lines('Outcomes per second', 'eps', '`newer` changed a state, `older` came late, `completed` followed when what was missing was there.', [[rate('outcome, reason', 'omni_enricher_outcomes_total'), '{{outcome}} {{reason}}']], { width: 8 }),
  lines('Work on a batch', 's', 'Lookups included. Close to `lookup_ms_max`: each batch waits for the API.', both('omni_enricher_work_seconds'), { width: 8 }),
  lines('Waiting to be completed', 'short', 'Events that went on incomplete, and partitions whose states are being read back.', [
    ['sum(omni_enricher_pending_events)', 'events'], ['sum(omni_enricher_restoring_partitions)', 'partitions restoring']], { width: 8 }),
  lines('Calls to the API per second', 'reqps', 'By result; `found` is good.', [[rate('result', 'omni_enricher_lookups_total'), '{{result}}']], { width: 8 }),
  lines('Missing per second', 'eps', 'What events went on without, by word. E-mail validation always comes later.', [[rate('what', 'omni_enricher_missing_total'), '{{what}}']],
    { width: 8 }),
  lines('Batches aborted per second', 'short', 'They come again. Some at a rebalance, none else.', [['sum(rate(omni_enricher_batches_aborted_total[$__rate_interval]))', 'aborted']], { width: 8 }),
  lines('State store', 'bytes', 'On the disk of each enricher.', [['sum by (instance) (omni_enricher_store_bytes)', '{{instance}}']], { width: 8 }),
  heading('Activation'),
  lines('Flattened per second', 'eps', 'By outcome.', [[rate('outcome, reason', 'omni_activation_outcomes_total'), '{{outcome}} {{reason}}']]),
  lines('Deliveries per second', 'eps', 'All destinations; each has its lines on their board.', [[rate('outcome', 'omni_activation_deliveries_total'), '{{outcome}}']]),
  heading('Loader'),
  lines('Rows per second', 'short', 'Acknowledged by ClickHouse, by table.', [[rate('table', 'omni_loader_rows_total'), '{{table}}']], { width: 8 }),
  lines('Insert, 99 of 100', 's', 'By table. 10 s is the end: what comes later inserts nothing.', [[p(0.99, 'omni_loader_insert_seconds', 'table'), '{{table}}']], { width: 8 }),
  lines('Window', 's', 'How long batches are held open, by lane: it grows with the load.', [['max by (lane) (omni_loader_window_seconds)', '{{lane}}']], { width: 8 }),
  lines('Sent again', 'short', 'Inserts that had to be repeated, plans of an earlier life, tables that were asked. Some after a kill, none else.', [
    ['sum(rate(omni_loader_insert_retries_total[$__rate_interval])) or vector(0)', 'inserts'], ['sum(rate(omni_loader_plans_repeated_total[$__rate_interval])) or vector(0)', 'plans'],
    ['sum(rate(omni_loader_tables_asked_total[$__rate_interval])) or vector(0)', 'tables asked']]),
  lines('Imports', 'short', 'Readings of `[import.<name>]` in an hour, by outcome.', [['sum by (import, outcome) (increase(omni_loader_imports_total[1h]))', '{{import}} {{outcome}}']],
    { quiet: 'nothing is imported.' }),
  heading('Reporting'),
  lines('Viewers', 'short', 'Open live streams, and the different questions that keep them up to date.', [
    ['sum(omni_reporting_viewers)', 'viewers'], ['sum(omni_reporting_live_questions)', 'questions']], { width: 8 }),
  lines('Questions to ClickHouse per second', 'reqps', 'By how they ended, and those answered without asking.', [
    [rate('outcome', 'omni_reporting_queries_total'), '{{outcome}}'], ['sum(rate(omni_reporting_cache_hits_total[$__rate_interval]))', 'from the cache']], 
    { width: 8, quiet: 'nobody has opened the dashboard since it was started.' }),
  lines('Row to open page', 's', 'From rows being loaded to the changed panel being handed to the streams.', both('omni_reporting_push_seconds'),
    { width: 8, quiet: 'nobody looks at the dashboard.' }),
]);
