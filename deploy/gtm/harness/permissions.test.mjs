// A call that is not covered throws, whatever the template's own tests mock.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { matches, Permissions } from './permissions.mjs';
import { runScenario } from './scenarios.mjs';
import { readTemplate } from './template.mjs';

const TAG = readTemplate('omni-pipedrive-reporting-tag.tpl');
const CLIENT = readTemplate('omni-client.tpl');

/** Code in a template with these permissions, as a scenario without mocks runs it. */
function runs(permissions, code) {
  const template = { code, permissions, tests: { setup: '' } };
  return () => runScenario(template, { code: 'runCode({});' });
}

test('an address matches by scheme, host and path', () => {
  const flat = 'https://*/events/flat';
  assert.ok(matches(flat, 'https://omni.example.com/events/flat'));
  assert.ok(matches(flat, 'https://omni.example.com/events/flat?x=1'));
  for (const other of [
    'http://omni.example.com/events/flat',
    'https://omni.example.com/events',
    'https://omni.example.com/x/events/flat',
  ]) {
    assert.ok(!matches(flat, other), other);
  }
  assert.ok(!matches(flat, 'https://omni.example.com:8443/events/flat'));
  assert.ok(
    matches('https://omni.example.com:8443/events/flat', 'https://omni.example.com:8443/events/flat'),
  );
  assert.ok(matches('https://*.example.com/*', 'https://a.b.example.com/anything'));
  assert.ok(!matches('https://*.example.com/*', 'https://badexample.com/'));
  assert.throws(() => matches('https://example.com', 'https://example.com/'), /not a pattern/);
});

test('the tag may post to /events/flat of any host, and nowhere else', () => {
  const permissions = new Permissions(TAG.permissions);
  permissions.demand('send_http', 'https://omni.example.com/events/flat');
  assert.throws(
    () => permissions.demand('send_http', 'https://elsewhere.example.com/collect'),
    /Prohibited send_http/,
  );
  assert.throws(() => permissions.demand('send_http', 'http://omni.example.com/events/flat'), /Prohibited/);
  assert.throws(() => permissions.demand('read_request', 'body'), /Prohibited read_request body/);
});

test('the client may read its own header and parameter, and no others', () => {
  const permissions = new Permissions(CLIENT.permissions);
  permissions.demand('read_request', 'header', 'X-Omni-Secret');
  permissions.demand('read_request', 'query_parameter', 'event');
  permissions.demand('access_response', 'header', 'Content-Type');
  const prohibited = [
    ['read_request', 'header', 'cookie'],
    ['read_request', 'query_parameter', 'v'],
    ['read_request', 'remote_address'],
    ['access_response', 'header', 'set-cookie'],
    ['read_event_data'],
    ['send_http', 'https://example.com/'],
  ];
  for (const [id, what, name] of prohibited)
    assert.throws(() => permissions.demand(id, what, name), /Prohibited/);
});

describe('without its permission', () => {
  const without = (template, id) =>
    template.permissions.filter(({ instance }) => instance.key.publicId !== id);
  const calls = {
    read_event_data: [TAG, "require('getAllEventData')();"],
    logging: [TAG, "require('logToConsole')('x');"],
    read_container_data: [TAG, "require('getContainerVersion')();"],
    send_http: [TAG, "require('sendHttpRequest')('https://omni.example.com/events/flat', {});"],
    read_request: [CLIENT, "require('getRequestPath')();"],
    access_response: [CLIENT, "require('setResponseStatus')(200);"],
    return_response: [CLIENT, "require('returnResponse')();"],
    run_container: [CLIENT, "require('runContainer')({});"],
    read_event_metadata: [CLIENT, "require('addEventCallback')(() => {});"],
  };
  for (const [id, [template, code]] of Object.entries(calls)) {
    test(`a call throws: ${id}`, () => {
      assert.throws(runs(without(template, id), code), new RegExp(`Prohibited ${id}`));
    });
  }
});

test('a log line for preview alone is prohibited in production', () => {
  const key = { publicId: 'logging', versionId: '1' };
  const permissions = new Permissions([
    { instance: { key, param: [{ key: 'environments', value: { type: 1, string: 'debug' } }] } },
  ]);
  assert.ok(permissions.allows('logging', 'debug'));
  assert.ok(!permissions.allows('logging', 'production'));
});

test('all of the event is not read with a permission for some of its keys', () => {
  const key = { publicId: 'read_event_data', versionId: '1' };
  const param = [
    { key: 'eventDataAccess', value: { type: 1, string: 'specific' } },
    { key: 'keyPatterns', value: { type: 2, listItem: [{ type: 1, string: 'deal_*' }] } },
  ];
  const permissions = new Permissions([{ instance: { key, param } }]);
  assert.ok(permissions.allows('read_event_data', 'deal_value'));
  assert.ok(!permissions.allows('read_event_data', 'contact_email'));
  assert.ok(!permissions.allows('read_event_data'));
});
