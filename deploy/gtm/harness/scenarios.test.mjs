// The templates' own tests, as Tag Manager's editor runs them; and that what they assert can fail.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { runScenario } from './scenarios.mjs';
import { readTemplate } from './template.mjs';

for (const name of ['omni-pipedrive-reporting-tag.tpl', 'omni-client.tpl']) {
  const template = readTemplate(name);
  describe(name, () => {
    for (const scenario of template.tests.scenarios)
      test(scenario.name, () => runScenario(template, scenario));
  });
}

describe('an assertion', () => {
  const template = {
    code: "require('makeString')(data.x); data.gtmOnSuccess();",
    permissions: [],
    tests: { setup: '' },
  };
  const run = code => () => runScenario(template, { code });

  const asserted = [
    ['assertThat({a: [1]}).isEqualTo({a: [1]});', 'assertThat({a: [1]}).isEqualTo({a: [2]});'],
    ['assertThat(1).isNotEqualTo(2);', 'assertThat({}).isNotEqualTo({});'],
    ['assertThat(true).isTrue();', 'assertThat(1).isTrue();'],
    ['assertThat(false).isFalse();', 'assertThat(0).isFalse();'],
    ['assertThat(undefined).isUndefined();', 'assertThat(null).isUndefined();'],
    ['assertThat(null).isDefined();', 'assertThat(undefined).isDefined();'],
    ["assertThat('').isEmpty();", 'assertThat([1]).isEmpty();'],
    ['assertThat([1]).isNotEmpty();', 'assertThat(undefined).isNotEmpty();'],
    ['assertThat([1, 2]).hasLength(2);', 'assertThat([1, 2]).hasLength(1);'],
    ["assertThat('abc').contains('b');", 'assertThat([{a: 1}]).contains({a: 2});'],
    [
      "runCode({}); assertApi('gtmOnSuccess').wasCalled();",
      "runCode({}); assertApi('gtmOnFailure').wasCalled();",
    ],
    [
      "runCode({}); assertApi('gtmOnFailure').wasNotCalled();",
      "runCode({}); assertApi('gtmOnSuccess').wasNotCalled();",
    ],
    [
      "runCode({x: 1}); assertApi('makeString').wasCalledWith(1);",
      "runCode({x: 1}); assertApi('makeString').wasCalledWith(2);",
    ],
    [
      "runCode({x: 1}); assertApi('makeString').wasNotCalledWith(2);",
      "runCode({x: 1}); assertApi('makeString').wasNotCalledWith(1);",
    ],
    [
      "mockObject('Firestore', {a: () => 1}); assertThat(require('Firestore').a()).isEqualTo(1);",
      "fail('no');",
    ],
    ["mock('makeString', 'x'); assertThat(require('makeString')(1)).isEqualTo('x');", "require('makeTea');"],
  ];
  for (const [holds, fails] of asserted) {
    test(`holds and fails: ${holds}`, () => {
      run(holds)();
      assert.throws(run(fails), Error);
    });
  }
});
