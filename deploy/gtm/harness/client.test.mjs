// The client on a real port, fed with what Omni's destination `gtm_server` sends.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { casesOfDestination, flatExamples, judge } from './omni.mjs';
import { asSent, containerOf, post, tagThat } from './testing.mjs';

for (const { name, query, headers, body, method } of casesOfDestination()) {
  test(`confirms what the destination sends: case ${name}`, async t => {
    const container = await containerOf(t);
    const answer = await post(container, body, {
      path: `/omni${query}`,
      headers: Object.fromEntries(headers),
      method,
    });
    const sent = JSON.parse(body);
    assert.equal(judge(answer.status, answer.text, sent.unique_event_id), 'delivered');
    assert.equal(answer.headers.get('content-type'), 'application/json');
  });

  test(`gives tags the event as it was sent: case ${name}`, async t => {
    const seen = [];
    const spy = tagThat('1', 'data.gtmOnSuccess();', event => seen.push(event) > 0);
    const container = await containerOf(t, { tags: [spy] });
    await post(container, body, { path: `/omni${query}`, headers: Object.fromEntries(headers) });
    const [event] = seen;
    assert.equal(event.event_name, new URLSearchParams(query).get('event'));
    for (const [key, value] of Object.entries(JSON.parse(body))) assert.deepEqual(event[key], value, key);
  });
}

test('leaves other paths to other clients', async t => {
  const container = await containerOf(t);
  assert.equal((await post(container, '{}', { path: '/data' })).status, 400);
});

test('answers on the path it is given', async t => {
  const container = await containerOf(t, { client: { path: '/from-crm' } });
  assert.equal((await post(container, '{"unique_event_id":"a"}', { path: '/from-crm' })).status, 200);
  assert.equal((await post(container, '{"unique_event_id":"a"}')).status, 400);
});

test('asks for the secret before any tag runs', async t => {
  const seen = [];
  const spy = tagThat('1', 'data.gtmOnSuccess();', event => seen.push(event) > 0);
  const container = await containerOf(t, { client: { secret: 'open sesame' }, tags: [spy] });
  assert.equal((await post(container, '{}')).status, 401);
  assert.equal((await post(container, '{}', { headers: { 'X-Omni-Secret': 'guess' } })).status, 403);
  assert.deepEqual(seen, []);
  assert.equal((await post(container, '{}', { headers: { 'X-Omni-Secret': 'open sesame' } })).status, 200);
  assert.equal(seen.length, 1);
});

test('refuses what is no JSON, and every method but POST', async t => {
  const container = await containerOf(t);
  assert.equal((await post(container, 'deal=31')).status, 400);
  assert.equal((await post(container, '')).status, 400);
  const get = await post(container, '', { method: 'GET' });
  assert.equal(get.status, 405);
  assert.equal(get.headers.get('allow'), 'POST');
});

test('answers an array with the identities in its order', async t => {
  const container = await containerOf(t);
  const events = flatExamples().map(({ event }) => JSON.parse(asSent(event)));
  const answer = await post(container, JSON.stringify(events));
  const identities = JSON.parse(answer.text).map(result => result.unique_event_id);
  assert.deepEqual(
    identities,
    events.map(event => event.unique_event_id),
  );
});

test('tells how each tag ended', async t => {
  const tags = [
    tagThat('1', 'data.gtmOnSuccess();'),
    tagThat('2', 'data.gtmOnFailure();'),
    tagThat('3', "require('setTimeout');"),
    tagThat('4', 'data.gtmOnFailure();', () => false),
  ];
  const container = await containerOf(t, { client: { logging: 'always' }, tags });
  const answer = await post(
    container,
    '{"event_name":"pipedrive_deal_updated","unique_event_id":"a","timestamp":1}',
  );
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.text), {
    timestamp: 1,
    unique_event_id: 'a',
    tags_fired: 3,
    tags_failed: 2,
    failed: [
      { id: '2', status: 'failure' },
      { id: '3', status: 'exception' },
    ],
  });
  assert.deepEqual(container.logs, [
    'omni client pipedrive_deal_updated a: failed tags 2 (failure), 3 (exception)',
  ]);
});

test('answers 500 to a failed tag where that is chosen', async t => {
  const tags = [tagThat('2', 'data.gtmOnFailure();')];
  const container = await containerOf(t, { client: { onTagFailure: 'fail' }, tags });
  assert.equal((await post(container, '{"unique_event_id":"a"}')).status, 500);
});
