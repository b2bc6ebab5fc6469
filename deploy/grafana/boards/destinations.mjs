// Per destination: what it got, how long it takes, what waits.
import { board, choice, lines, stat } from '../panels.mjs';

const of = (metric, more = '') => `${metric}{destination=~"$destination"${more}}`;
const p = (share, metric) => `histogram_quantile(${share}, sum by (le, destination) (rate(${of(`${metric}_bucket`)}[$__rate_interval])))`;

export const destinations = board('omni-destinations', 'Omni: destinations', 'What each destination got, how long it takes, and what waits for it.',
  [choice('destination', 'Destination', 'label_values(omni_activation_paused, destination)')], [
  stat('Misconfigured', 'bool_yes_no', 'Yes: it refuses address, path or credentials. No is good.', `max by (destination) (${of('omni_activation_misconfigured')})`, { legend: '{{destination}}', width: 8, good: { below: 1 } }),
  stat('Down', 'bool_yes_no', 'Yes: it does not work and is asked by one event at a time. No is good.', `max by (destination) (${of('omni_activation_breaker_open')})`, { legend: '{{destination}}', width: 8, good: { below: 1 } }),
  stat('Paused', 'bool_yes_no', 'Yes: a person paused it.', `max by (destination) (${of('omni_activation_paused')})`, { legend: '{{destination}}', width: 8 }),
  lines('Delivered per second', 'eps', 'Events that were taken.', [[`sum by (destination) (rate(${of('omni_activation_deliveries_total', ', outcome="delivered"')}[$__rate_interval]))`, '{{destination}}']]),
  lines('Not delivered per second', 'eps', 'Attempts that failed: `retry` comes again, `gave_up` does not, `misconfigured` waits for a person.', [[`sum by (destination, outcome, reason) (rate(${of('omni_activation_deliveries_total', ', outcome!="delivered"')}[$__rate_interval]))`, '{{destination}} {{outcome}} {{reason}}']],
    { quiet: 'every attempt was taken.' }),
  lines('Age when taken', 's', 'Since the collector received it, half of the events and 99 of 100.', [
    [p(0.5, 'omni_activation_delivered_age_seconds'), '{{destination}}, half'], [p(0.99, 'omni_activation_delivered_age_seconds'), '{{destination}}, 99 of 100']]),
  lines('One attempt', 's', 'From sending to the whole answer, half and 99 of 100.', [
    [p(0.5, 'omni_activation_attempt_seconds'), '{{destination}}, half'], [p(0.99, 'omni_activation_attempt_seconds'), '{{destination}}, 99 of 100']]),
  lines('Waiting', 'short', 'Records read that wait for their turn, and entities with an event under way.', [
    [`sum by (destination) (${of('omni_activation_waiting_records')})`, 'waiting {{destination}}'], [`sum by (destination) (${of('omni_activation_in_flight_entities')})`, 'under way {{destination}}']]),
  lines('Oldest event waiting', 's', 'By consumer group; 0 below half a minute. Kafka keeps a week.', [['max by (group) (omni_activation_lag_age_seconds{group=~".*delivery-($destination)"})', '{{group}}']]),
  lines('Passed over per second', 'eps', 'Records a destination is not for, by reason: its filter, consent, revisions, heartbeats.', [[`sum by (destination, reason) (rate(${of('omni_activation_passed_over_total')}[$__rate_interval]))`, '{{destination}} {{reason}}']], { width: 24 }),
]);
