// One look: is it whole?
import { board, heading, lines, stat } from '../panels.mjs';

const p = (share, metric) => `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket[$__rate_interval])))`;
const lag = what => ['enricher', 'activation', 'loader'].map(stage => `omni_${stage}_lag_${what}`).join(' or ');
const rejected = ['collector', 'enricher', 'activation', 'loader']
  .map(stage => `rate(omni_${stage}_outcomes_total{outcome="rejected"}[$__rate_interval])`)
  .join(' or ');

export const pipeline = board('omni-pipeline', 'Omni: pipeline', 'Is it whole, is it fast, and where does it wait?', [], [
  stat('Missing', 'short', 'Accepted events that are nowhere, or never arrived. Must be 0.',
    'sum(max by (source) (omni_loader_ledger_missing_events)) + sum(max by (source) (omni_loader_ledger_unarchived_events))',
    { good: { below: 1 } }),
  stat('Doubled rows', 'short', 'Rows too many in base tables. Must be 0.',
    'sum(max by (source) (omni_loader_ledger_doubled_rows))', { good: { below: 1 } }),
  stat('Ledger looked', 's', 'How long ago the ledger was looked at last; it is each minute.',
    'time() - max(omni_loader_ledger_looked_timestamp_seconds)', { good: { below: 300 } }),
  stat('Oldest event waiting', 's', 'The greatest age of what a group has not done. 0 is good; below half a minute is told as 0.',
    `max(${lag('age_seconds')})`, { good: { below: 60 } }),
  stat('In the spool', 'short', 'Events that wait on collectors\' disks since Kafka does not take them. 0 is good.',
    'sum(omni_collector_spool_records)', { good: { below: 1 } }),
  stat('Alerts', 'short', 'Alerts that fire; each has a page in docs/runbook. 0 is good.',
    'count(ALERTS{alertstate="firing"}) or vector(0)', { good: { below: 1 } }),
  lines('Events per second', 'eps', 'What each stage is done with. The lines lie over each other; the flattener\'s is higher while events are completed, the loader\'s where several templates take an event.', [
    ['sum(rate(omni_collector_accepted_total[$__rate_interval]))', 'accepted'],
    ['sum(rate(omni_enricher_event_age_seconds_count[$__rate_interval]))', 'enriched'],
    ['sum(rate(omni_activation_event_age_seconds_count[$__rate_interval]))', 'flattened'],
    ['sum(rate(omni_loader_outcomes_total{outcome="loaded"}[$__rate_interval]))', 'loaded'],
  ]),
  lines('POST to row', 's', 'Age of live events when their row is in the table: 0.15 s for half of them is usual, 0.3 s for 99 of 100 at 1,000 a second is the target. Completed ones come later by design.', [
    [p(0.5, 'omni_loader_event_age_seconds'), 'half of them'],
    [p(0.99, 'omni_loader_event_age_seconds'), '99 of 100'],
  ]),
  lines('Age by stage, half of the events', 's', 'Where the time goes: each line begins where the one below ends.', [
    [p(0.5, 'omni_collector_event_age_seconds'), 'collector'],
    [p(0.5, 'omni_enricher_event_age_seconds'), 'enricher'],
    [p(0.5, 'omni_activation_event_age_seconds'), 'flattener'],
    [p(0.5, 'omni_loader_event_age_seconds'), 'loader'],
  ]),
  lines('Records not done', 'short', 'Lag by group: small and steady is good, a ramp is not.', [[`max by (group) (${lag('records')})`, '{{group}}']]),
  lines('Age of what is not done', 's', 'How long the oldest record of each group has been waiting; 0 below half a minute.', [
    [`max by (group) (${lag('age_seconds')})`, '{{group}}'],
  ]),
  lines('Part of the retention used up', 'percentunit', 'The same age as a part of what the topic keeps. At 100 % the broker deletes what was not read; 0 is good.', [
    [`max by (group) (${lag('retention_share')})`, '{{group}}'],
  ]),
  lines('Rejected per second', 'eps', 'By reason. They are kept: `omni rejected list`.', [[`sum by (reason) (${rejected})`, '{{reason}}']],
    { quiet: 'a stage counts a reason from the first refusal on.' }),
  lines('Filtered and unclaimed per second', 'eps', 'Left out by a rule on record. Events that no template takes are `no_template`.', [
    ['sum by (reason) (rate(omni_enricher_outcomes_total{outcome="filtered"}[$__rate_interval]) or rate(omni_loader_outcomes_total{outcome="filtered"}[$__rate_interval]))', '{{reason}}'],
  ]),
  heading('Are all there?'),
  lines('Instances that answer', 'short', 'By stage. A stage at 0 is down.', [['sum by (stage) (up{stage!=""})', '{{stage}}']], { width: 24 }),
]);
