// The templates broken on purpose, one place at a time: their own tests must notice each.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { runScenario } from './scenarios.mjs';
import { readTemplate } from './template.mjs';

const MUTATIONS = {
  'omni-pipedrive-reporting-tag.tpl': [
    ['sends events of other systems', 'name.indexOf(NAME_PREFIX) !== 0', 'false'],
    ['sends events without identity', " || event.event_uuid === ''", ''],
    ['sends events without identity', "getType(event.event_uuid) !== 'string'", 'false'],
    ['takes no heed of the list', "data.events !== 'listed' || ", 'true || '],
    ['takes the list as it is typed', 'name.trim()', 'name'],
    ['lets every key leave', 'isFlatKey(key) && ', ''],
    ['lets nested values leave', ' && isFlatValue(event[key])', ''],
    ['lets lists of objects leave', 'value.every(isScalar)', 'true'],
    ["lets the visitor's id leave", "return event.event_object === 'user'", 'return true'],
    ['never lets the keys of a user leave', "return event.event_object === 'user'", 'return false'],
    ['forgets the token', "'Bearer ' + data.token", "'Bearer '"],
    ['forgets the type', "'content-type': 'application/json'", "'accept': '*/*'"],
    ['gets instead of posts', "method: 'POST'", "method: 'GET'"],
    ['takes every answer for success', 'status >= 200 && status < 300', 'status >= 200'],
    [
      'takes no answer for success',
      "log('delivered');\n      return data.gtmOnSuccess()",
      "log('delivered');\n      return data.gtmOnFailure()",
    ],
    [
      'tells no failure',
      "log('not delivered: ' + reason);\n  data.gtmOnFailure();",
      "log('not delivered: ' + reason);",
    ],
    ['tries again whatever the answer', 'BRIEF_OUTAGES.indexOf(status) !== -1', 'true'],
    ['tries again after a timeout', "reason === 'failed')", 'true)'],
    ['never tries again', 'ATTEMPTS_MAX = 2', 'ATTEMPTS_MAX = 1'],
    ['tries a third time', 'ATTEMPTS_MAX = 2', 'ATTEMPTS_MAX = 3'],
    [
      'gives the second attempt all the time again',
      'attempt(number + 1, leftMs)',
      'attempt(number + 1, budgetMs)',
    ],
    ['tries again without time for it', ' && leftMs >= REPEAT_MS_MIN', ''],
    ['waits as long as it is told', 'wanted < TIMEOUT_MS_MAX ? wanted : TIMEOUT_MS_MAX', 'wanted'],
    ['waits for a time that is no number', 'if (!(wanted > 0)) return TIMEOUT_MS;', ''],
    ['sends where it may not', "if (!queryPermission('send_http', url))", 'if (false)'],
    ['keeps the slash of the address', "address.charAt(address.length - 1) === '/'", 'false'],
    ['adds the path twice', 'address.slice(-PATH.length) === PATH ? address : ', ''],
    ['logs in production', "data.logging === 'debug' && isDebugged", "data.logging === 'debug'"],
    ['logs what the event tells', 'event.event_uuid, outcome);', 'event.event_uuid, outcome + body);'],
  ],
  'omni-client.tpl': [
    ['claims every path', 'getRequestPath() === data.path', 'true'],
    ['claims nothing', '  claimRequest();\n', ''],
    ['answers every method', "getRequestMethod() !== 'POST'", 'false'],
    ['asks for no secret', 'if (data.secret) {', 'if (false) {'],
    ['takes any secret', 'sha256Sync(given) !== sha256Sync(data.secret)', 'false'],
    [
      'takes a missing secret for a wrong one',
      'if (!given) return refuse(401',
      'if (false) return refuse(401',
    ],
    ['takes what is no event', "!given.every((item) => getType(item) === 'object')", 'false'],
    ['takes an empty array', 'given.length === 0 || ', ''],
    ['takes any number of events', 'given.length > EVENTS_MAX', 'false'],
    ['takes one event fewer', 'given.length > EVENTS_MAX', 'given.length > EVENTS_MAX + 1'],
    ['answers before the tags are done', 'if (done === events.length) answer', 'answer'],
    ['answers when the first is done', 'if (done === events.length) answer', 'if (done === 1) answer'],
    ['counts an event twice', '        if (results[index]) return;\n', ''],
    ['answers in the order of the tags', 'results[index] = resultOf', 'results[done] = resultOf'],
    ['answers one for many', 'isArray ? results : results[0]', 'results[0]'],
    ['answers many for one', 'isArray ? results : results[0]', 'results'],
    ['makes an identity of its own', 'event.event_uuid || generatedId()', 'generatedId()'],
    ['leaves an event without identity', 'event.event_uuid || generatedId()', 'event.event_uuid'],
    ['overwrites the identity', 'if (!event.unique_event_id) event', 'event'],
    ['overwrites the time', 'if (!event.timestamp) event', 'event'],
    ['tells milliseconds', 'getTimestampMillis() / 1000', 'getTimestampMillis()'],
    ['overwrites the name', 'if (!event.event_name) event', 'event'],
    ['does not look for the name in the address', "getRequestQueryParameter('event') || ", ''],
    ['takes a failed tag for a good one', "tag.status !== 'success'", "tag.status === 'failure'"],
    ['always answers 200', 'isFailed ? 500 : 200', '200'],
    ['answers 500 unasked', "data.onTagFailure === 'fail' && ", ''],
    ['answers without a type', "  setResponseHeader('content-type', 'application/json');\n", ''],
    ['never ends the answer', '  returnResponse();\n', ''],
    ['logs in production', "(data.logging === 'debug' && isDebugged)", "data.logging === 'debug'"],
    ['logs nothing of refusals', "  log('refused with ' + status + ': ' + message);\n", ''],
  ],
};

for (const [name, mutations] of Object.entries(MUTATIONS)) {
  const template = readTemplate(name);
  describe(`the tests of ${name} notice when it`, () => {
    for (const [what, from, to] of mutations) {
      test(`${what} (${to.trim()})`, () => {
        assert.equal(template.code.split(from).length, 2, `${from} stands in the code once`);
        const broken = { ...template, code: template.code.replace(from, () => to) };
        const failed = template.tests.scenarios.filter(scenario => fails(broken, scenario));
        assert.ok(failed.length > 0, 'no scenario failed');
      });
    }
  });
}

function fails(template, scenario) {
  try {
    runScenario(template, scenario);
    return false;
  } catch {
    return true;
  }
}
