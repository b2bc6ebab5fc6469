// What Tag Manager would not import, or what would surprise whoever fills in the fields.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Permissions, SERVER_APIS } from './permissions.mjs';
import { TEST_GLOBALS, TEST_METHODS } from './scenarios.mjs';
import { refuseIllegal, requiredBy, settingsReadBy } from './syntax.mjs';
import { parseTemplate, readTemplate, settingsOf, takes } from './template.mjs';

const FIELD_TYPES = ['TEXT', 'CHECKBOX', 'RADIO', 'SELECT', 'SIMPLE_TABLE'];
const VALIDATORS = [
  'NON_EMPTY',
  'REGEX',
  'POSITIVE_NUMBER',
  'NON_NEGATIVE_NUMBER',
  'NUMBER',
  'STRING_LENGTH',
];
const TEMPLATES = {
  'omni-pipedrive-reporting-tag.tpl': { type: 'TAG', displayName: 'Omni Pipedrive reporting tag' },
  'omni-client.tpl': { type: 'CLIENT', displayName: 'Omni client' },
};

for (const [name, expected] of Object.entries(TEMPLATES)) {
  const template = readTemplate(name);
  describe(name, () => {
    test('says what it is', () => {
      const { type, displayName, id, containerContexts } = template.info;
      assert.deepEqual({ type, displayName }, expected);
      assert.equal(id, 'cvt_temp_public_id');
      assert.deepEqual(containerContexts, ['SERVER']);
    });

    test('has fields that Tag Manager knows, each with a name of its own', () => {
      const names = template.fields.map(field => field.name);
      assert.deepEqual(names, [...new Set(names)]);
      for (const field of template.fields) {
        assert.ok(FIELD_TYPES.includes(field.type), field.name);
        assert.ok(field.displayName, field.name);
        for (const validator of field.valueValidators ?? [])
          assert.ok(VALIDATORS.includes(validator.type), field.name);
      }
    });

    test('begins with a choice that is on offer', () => {
      for (const { type, radioItems, defaultValue } of template.fields) {
        if (type === 'RADIO') assert.ok(radioItems.some(item => item.value === defaultValue));
      }
    });

    test('reads every field, and no other', () => {
      const read = settingsReadBy(template.code).filter(key => !key.startsWith('gtmOn'));
      assert.deepEqual(read.sort(), template.fields.map(field => field.name).sort());
    });

    test('has the permissions that its code needs, and no other', () => {
      const needed = requiredBy(template.code).map(api => SERVER_APIS[api]);
      const { ids } = new Permissions(template.permissions);
      assert.deepEqual(ids.sort(), [...new Set(needed.filter(Boolean))].sort());
    });

    test('uses every API that it asks for', () => {
      for (const api of requiredBy(template.code)) {
        assert.ok(
          template.code.split(new RegExp(`\\b${api}\\b`)).length > 3,
          `${api} is asked for and not used`,
        );
      }
    });

    test('is legal in the sandbox', () => refuseIllegal(template.code, ['data']));

    for (const { name: scenario, code } of template.tests.scenarios) {
      test(`has a scenario that is legal in the sandbox: ${scenario}`, () => {
        refuseIllegal(`${template.tests.setup}\n${code}`, TEST_GLOBALS, TEST_METHODS);
      });
    }
  });
}

test('the tag takes the address of an Omni, and no other', () => {
  const tag = readTemplate('omni-pipedrive-reporting-tag.tpl');
  const good = [
    'https://omni.example.com',
    'https://omni.example.com/',
    'https://omni:8443',
    'https://omni.example.com/events/flat',
  ];
  const bad = [
    'http://omni.example.com',
    'omni.example.com',
    'https://',
    'https://omni.example.com/x',
    'https://omni.example.com?a=1',
    '',
  ];
  for (const address of good) assert.ok(takes(tag, 'omniUrl', address), address);
  for (const address of bad) assert.ok(!takes(tag, 'omniUrl', address), address);
});

test('the client takes a path, and no other', () => {
  const client = readTemplate('omni-client.tpl');
  for (const path of ['/omni', '/a/b']) assert.ok(takes(client, 'path', path), path);
  for (const path of ['omni', '/', '/omni?x=1', '/o mni', '']) assert.ok(!takes(client, 'path', path), path);
});

test('fields have their defaults until something is typed', () => {
  assert.deepEqual(settingsOf(readTemplate('omni-client.tpl'), { secret: 's' }), {
    path: '/omni',
    secret: 's',
    onTagFailure: 'tell',
    logging: 'debug',
  });
});

describe('a file that is no template', () => {
  const whole = () => ({
    TERMS_OF_SERVICE: '',
    INFO: '{}',
    TEMPLATE_PARAMETERS: '[]',
    SANDBOXED_JS_FOR_SERVER: '',
    SERVER_PERMISSIONS: '[]',
    TESTS: "scenarios:\n- name: one\n  code: |-\n    runCode({});\n\n    fail();\nsetup: ''",
    NOTES: '',
  });
  const written = sections =>
    Object.entries(sections)
      .map(([name, text]) => `___${name}___\n\n${text}\n`)
      .join('\n\n');

  test('the smallest one is read', () => {
    assert.deepEqual(parseTemplate(written(whole())).tests, {
      scenarios: [{ name: 'one', code: 'runCode({});\n\nfail();' }],
      setup: '',
    });
  });

  test('a section is missing, is there twice, or stands elsewhere', () => {
    const { NOTES, ...rest } = whole();
    assert.throws(() => parseTemplate(written(rest)), /sections are/);
    assert.throws(() => parseTemplate(written(whole()) + written({ NOTES })), /NOTES is there twice/);
    assert.throws(() => parseTemplate(written({ NOTES, ...rest })), /sections are/);
  });

  test('a section is not JSON', () => {
    for (const name of ['INFO', 'TEMPLATE_PARAMETERS', 'SERVER_PERMISSIONS']) {
      assert.throws(
        () => parseTemplate(written({ ...whole(), [name]: '[,]' })),
        new RegExp(`${name} is not JSON`),
      );
    }
  });

  test('the scenarios are not as Tag Manager writes them', () => {
    const odd = [
      '',
      'scenarios: 1',
      'scenarios:\n- title: one',
      'scenarios:\n- name: a: b\n  code: |-\n    x',
      'scenarios:\n- name: a\n  code: x',
    ];
    for (const TESTS of odd)
      assert.throws(() => parseTemplate(written({ ...whole(), TESTS })), /TESTS/, TESTS);
  });
});
