// The reporting tag in a container behind our client, posting to a stand-in of `/events/flat`: Omni, container, Omni.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { casesOfDestination, eventOfCase, flatExamples, flatKeys, startFlatIntake } from './omni.mjs';
import { readTemplate, settingsOf } from './template.mjs';
import { asSent, containerOf, post, started } from './testing.mjs';

const TAG = readTemplate('omni-pipedrive-reporting-tag.tpl');
const OMNI = 'https://omni.example.com';
const TOKEN = 's3cret';

/** Sends an event through the container; `answers`: what Omni answers first, before it looks at what it gets. */
async function send(t, answers, typed = {}, event = eventOfCase('plain')) {
  const intake = await started(t, startFlatIntake({ token: TOKEN, answers }));
  const settings = settingsOf(TAG, { omniUrl: OMNI, token: TOKEN, ...typed });
  const tags = [{ id: '7', template: TAG, settings }];
  const container = await containerOf(t, { tags, hosts: { [OMNI]: intake.url } });
  const answer = await post(container, asSent(event));
  const { taken, refused } = intake;
  return { told: JSON.parse(answer.text), taken, refused, logs: container.logs };
}

test('brings an event that the destination sent back as it left Omni', async t => {
  const intake = await started(t, startFlatIntake({ token: TOKEN }));
  const tags = [{ id: '7', template: TAG, settings: settingsOf(TAG, { omniUrl: OMNI, token: TOKEN }) }];
  const container = await containerOf(t, { tags, hosts: { [OMNI]: intake.url } });
  for (const name of ['plain', 'preview']) {
    const { body, query } = casesOfDestination().find(entry => entry.name === name);
    await post(container, body, { path: `/omni${query}` });
  }
  assert.deepEqual(intake.taken, [eventOfCase('plain'), eventOfCase('preview')]);
});

for (const { name, event } of flatExamples()) {
  test(`brings the event back key by key: ${name}`, async t => {
    const { told, taken } = await send(t, [], {}, event);
    assert.equal(told.tags_failed, 0);
    assert.deepEqual(taken, [event]);
  });
}

test('lets every key of the contract leave', async t => {
  const { names } = flatKeys();
  const custom = ['deal_custom_colour', 'contact_custom_a', 'email_validation_sources_20_uri'];
  const whole = Object.fromEntries([...names, ...custom].map(key => [key, key]));
  const event = { ...whole, event_name: 'pipedrive_user_updated', event_object: 'user' };
  const { taken } = await send(t, [], {}, event);
  assert.deepEqual(taken, [event]);
});

test('brings nothing back that others put beside the event', async t => {
  const event = eventOfCase('plain');
  const beside = {
    ip_override: '203.0.113.7',
    user_agent: 'x',
    user_data: { email_address: 'a@b.c' },
    'x-ga-mp2-seg': '1',
  };
  const { taken } = await send(t, [], {}, { ...event, ...beside });
  assert.deepEqual(taken, [event]);
});

test('fails on a wrong token, at once', async t => {
  const { told, taken, refused } = await send(t, [], { token: 'guess' });
  assert.deepEqual(told.failed, [{ id: '7', status: 'failure' }]);
  assert.deepEqual([taken, refused], [[], [401]]);
});

test('passes over what is not of Pipedrive', async t => {
  const { told, taken } = await send(t, [], {}, { ...eventOfCase('plain'), event_name: 'purchase' });
  assert.equal(told.tags_failed, 0);
  assert.deepEqual(taken, []);
});

test('tries once more after a broken connection and after 503', async t => {
  for (const first of [null, 503]) {
    const { told, taken } = await send(t, [first]);
    assert.equal(told.tags_failed, 0);
    assert.equal(taken.length, 1);
  }
});

test('gives up after two answers of 503, and after one of 429', async t => {
  const twice = await send(t, [503, 503]);
  assert.deepEqual([twice.told.tags_failed, twice.refused], [1, [503, 503]]);
  const once = await send(t, [429]);
  assert.deepEqual([once.told.tags_failed, once.refused], [1, [429]]);
});

test('gives up when Omni does not answer in time', async t => {
  const { told, taken, logs } = await send(t, [() => {}], { timeoutMs: '100', logging: 'always' });
  assert.equal(told.tags_failed, 1);
  assert.deepEqual(taken, []);
  assert.match(logs.join(), /not delivered: timed_out$/);
});

test('is not led elsewhere by a redirect', async t => {
  const { told, taken } = await send(t, [
    answer => answer.writeHead(307, { location: '/events/flat' }).end(),
  ]);
  assert.equal(told.tags_failed, 1);
  assert.deepEqual(taken, []);
});

test('logs neither the token nor what the event tells', async t => {
  const { logs } = await send(t, [], { logging: 'always' });
  assert.deepEqual(logs, [
    `omni reporting tag pipedrive_deal_updated ${eventOfCase('plain').event_uuid} delivered`,
  ]);
});
