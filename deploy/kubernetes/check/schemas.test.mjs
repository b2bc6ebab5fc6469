// Every object is one that Kubernetes 1.37, KEDA and the Prometheus operator take, with no key that they do not know.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { refusals } from './customs.mjs';
import { objects, RENDERED, render, tool } from './rendered.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'omni-schemas-'));
after(() => rmSync(scratch, { recursive: true }));

/** What kubernetes-validate says of a text: nothing when all is well. */
function invalid(text) {
  const file = path.join(scratch, 'objects.yaml');
  writeFileSync(file, text);
  const said = spawnSync(tool('kubernetes-validate'), ['-k', '1.37', '--strict', '--quiet', file], {
    encoding: 'utf8',
  });
  assert.equal(said.error, undefined);
  const lines = `${said.stdout}${said.stderr}`.split('\n');
  // Of kinds that are not its own it knows nothing; those are ours to check.
  return lines
    .filter(
      line =>
        line &&
        !/Couldn't find schema for kind (ScaledObject|TriggerAuthentication|ServiceMonitor|PrometheusRule) /.test(
          line,
        ),
    )
    .join('\n');
}

for (const folder of RENDERED) {
  describe(folder, () => {
    const text = render(folder);
    test('is what Kubernetes takes', () => assert.equal(invalid(text), ''));
    test('is what the operators take', () => assert.deepEqual(refusals(objects(text)), []));
  });
}

describe('the schemas', () => {
  const budget = spec =>
    `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: ${spec}\n`;
  test('refuse a key that Kubernetes does not know', () => {
    assert.equal(invalid(budget('{maxUnavailable: 1}')), '');
    assert.match(invalid(budget('{maxUnavailble: 1}')), /maxUnavailble/);
  });
  test('refuse a kind that nobody knows', () => {
    assert.match(invalid('apiVersion: v1\nkind: Potd\nmetadata: {name: a}\n'), /Potd/);
  });
  const scaled = (spec, trigger) => ({
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'a' },
    spec: { scaleTargetRef: { name: 'a' }, triggers: [{ type: 'kafka', metadata: {}, ...trigger }], ...spec },
  });
  test('refuse what KEDA does not know', () => {
    assert.deepEqual(refusals([scaled({}, {})]), []);
    assert.match(refusals([scaled({ maxReplicas: 3 }, {})]).join(), /maxReplicas/);
    assert.match(refusals([scaled({}, { metadata: { lagThreshold: 5 } })]).join(), /number.*string/);
  });
  test('refuse an object of an operator that has no schema here', () => {
    const other = { apiVersion: 'example.com/v1', kind: 'Other', metadata: { name: 'a' } };
    assert.match(refusals([other]).join(), /no schema/);
  });
});
