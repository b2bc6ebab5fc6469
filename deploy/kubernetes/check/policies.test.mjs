// What must hold of the pods beyond their form: the rules of checkov, and those that Omni needs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import {
  called,
  objects,
  ours,
  RENDERED,
  ROOT,
  render,
  selects,
  serves,
  setting,
  settings,
  tool,
  workloads,
} from './rendered.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'omni-policies-'));
after(() => rmSync(scratch, { recursive: true }));

/** What checkov finds in a text: nothing when all is well. */
function findings(text) {
  const file = path.join(scratch, 'objects.yaml');
  writeFileSync(file, text);
  const config = fileURLToPath(new URL('checkov.yaml', import.meta.url));
  const said = spawnSync(tool('checkov'), ['--config-file', config, '--file', file], { encoding: 'utf8' });
  return said.status === 0 ? '' : `${said.stdout}${said.stderr}`;
}

/** Seconds that a stop may take: the wait before it, and `[stage] stop_ms_max`. */
const stopSeconds = container => (container.lifecycle?.preStop?.sleep?.seconds ?? 0) + 8;

for (const folder of RENDERED) {
  describe(folder, () => {
    const text = render(folder);
    const all = objects(text);
    const pods = workloads(all);
    const stages = ours(all);
    const toml = settings(all, stages[0].pod);
    const of = kind => all.filter(object => object.kind === kind);

    test('keeps the rules of checkov', () => assert.equal(findings(text), ''));

    test('has all stages and the jobs', () => {
      const kinds = stages.map(({ object }) => called(object)).sort();
      assert.deepEqual(kinds, [
        'CronJob/status',
        'Deployment/reporting',
        'Job/migrate',
        'StatefulSet/activation',
        'StatefulSet/collector',
        'StatefulSet/enricher',
        'StatefulSet/loader',
      ]);
    });

    test('holds no secret, only the names of Secrets', () => {
      assert.deepEqual(of('Secret').map(called), []);
      const secret = /(password|token|secret|api_key|hash)\w*"? *[=:] *"[^"]*"/gi;
      const inline = (toml.match(secret) ?? []).filter(line => !/_file"? *=/.test(line));
      assert.deepEqual(inline, []);
      for (const { object, pod } of pods)
        for (const { name, value } of pod.containers.flatMap(container => container.env ?? []))
          assert.ok(
            value === undefined || !/PASSWORD|TOKEN|SECRET/.test(name) || /_FILE$/.test(name),
            `${called(object)} ${name}`,
          );
    });

    test('keeps services out of the environment, and the cluster out of the pods', () => {
      for (const { object, pod } of pods) {
        assert.equal(pod.enableServiceLinks, false, called(object));
        assert.equal(pod.automountServiceAccountToken, false, called(object));
      }
    });

    test('fits the strictest of the Pod Security Standards', () => {
      for (const { object, pod } of pods) {
        const { runAsNonRoot, runAsUser, seccompProfile } = pod.securityContext;
        assert.ok(runAsNonRoot && runAsUser > 0, called(object));
        assert.equal(seccompProfile.type, 'RuntimeDefault', called(object));
        for (const { securityContext } of pod.containers) {
          assert.equal(securityContext.allowPrivilegeEscalation, false, called(object));
          assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] }, called(object));
        }
        for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) assert.ok(!pod[key], called(object));
        for (const volume of pod.volumes ?? [])
          assert.ok(volume.configMap || volume.secret || volume.emptyDir, `${called(object)} ${volume.name}`);
      }
    });

    test('names each replica of what has transactions by its ordinal', () => {
      for (const { object, pod } of stages.filter(({ object }) => object.kind === 'StatefulSet')) {
        const [{ valueFrom }] = pod.containers[0].env.filter(({ name }) => name === 'OMNI_INSTANCE');
        assert.equal(
          valueFrom.fieldRef.fieldPath,
          "metadata.labels['apps.kubernetes.io/pod-index']",
          called(object),
        );
      }
    });

    test('has no more replicas than partitions', () => {
      const partitions = Number(setting(toml, 'kafka', 'partitions'));
      assert.ok(partitions > 0);
      // The collector reads none.
      const reading = of('StatefulSet').filter(({ metadata }) => metadata.name !== 'collector');
      for (const object of [...of('ScaledObject'), ...reading])
        assert.ok((object.spec.maxReplicaCount ?? object.spec.replicas ?? 1) <= partitions, called(object));
    });

    test('scales what is there, and leaves the number to who scales', () => {
      for (const scaler of [...of('ScaledObject'), ...of('HorizontalPodAutoscaler')]) {
        const { kind, name } = scaler.spec.scaleTargetRef;
        const target = all.find(object => object.kind === kind && object.metadata.name === name);
        assert.ok(target, called(scaler));
        assert.equal(target.spec.replicas, undefined, called(target));
      }
    });

    test('asks Kafka for the lag where the stages do', () => {
      const bootstrap = setting(toml, 'kafka', 'bootstrap');
      for (const object of of('ScaledObject'))
        for (const { metadata } of object.spec.triggers)
          assert.equal(metadata.bootstrapServers, bootstrap, called(object));
    });

    test('gives a stop the time it may take', () => {
      for (const { object, pod } of stages.filter(serves))
        assert.ok(pod.terminationGracePeriodSeconds > stopSeconds(pod.containers[0]) + 2, called(object));
    });

    test('probes, and lets a node be drained', () => {
      for (const { object, pod, labels } of stages.filter(serves)) {
        const [{ startupProbe, livenessProbe, readinessProbe }] = pod.containers;
        const paths = [startupProbe, livenessProbe, readinessProbe].map(probe => probe.httpGet.path);
        assert.deepEqual(paths, ['/healthz', '/healthz', '/readyz'], called(object));
        const budgets = of('PodDisruptionBudget').filter(({ spec }) => selects(spec.selector, labels));
        assert.deepEqual(
          budgets.map(({ spec }) => spec.maxUnavailable),
          [1],
          called(object),
        );
      }
    });

    test('opens the ports that the settings name', () => {
      for (const { object, pod } of stages.filter(serves)) {
        const { name } = object.metadata;
        for (const [port, key] of [
          ['http', 'listen'],
          ['admin', 'admin_listen'],
        ]) {
          const opened = pod.containers[0].ports.find(one => one.name === port)?.containerPort;
          assert.equal(opened && `0.0.0.0:${opened}`, setting(toml, name, key), `${called(object)} ${port}`);
        }
      }
    });

    test('keeps what must be kept on a volume', () => {
      const kept = [
        ['collector', 'spool_dir'],
        ['enricher', 'state_dir'],
      ];
      for (const [name, key] of kept) {
        const { object, pod } = stages.find(one => one.object.metadata.name === name);
        const claims = object.spec.volumeClaimTemplates.map(claim => claim.metadata.name);
        const folder = setting(toml, name, key);
        const mount = pod.containers[0].volumeMounts.find(({ mountPath }) =>
          folder.startsWith(`${mountPath}/`),
        );
        assert.ok(claims.includes(mount?.name), `${folder} is on no volume`);
        assert.deepEqual(object.spec.persistentVolumeClaimRetentionPolicy, {
          whenDeleted: 'Retain',
          whenScaled: 'Retain',
        });
      }
    });

    test('makes the job with all that it needs by the labels of an upgrade', () => {
      const first = all.filter(({ metadata }) =>
        ['settings', 'migrate'].includes(metadata.labels?.['app.kubernetes.io/component']),
      );
      const { pod } = stages.find(({ object }) => object.kind === 'Job');
      const needed = [
        'Job/migrate',
        `ServiceAccount/${pod.serviceAccountName}`,
        ...pod.volumes.filter(volume => volume.configMap).map(volume => `ConfigMap/${volume.configMap.name}`),
        ...pod.containers[0].envFrom.map(({ configMapRef }) => `ConfigMap/${configMapRef.name}`),
      ];
      assert.deepEqual(first.map(called).sort(), needed.sort());
    });

    test('runs the version of this tree', () => {
      const version = readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8').match(/^version = "(.*)"$/m)[1];
      for (const { object, pod } of stages)
        assert.ok(pod.containers[0].image.endsWith(`:${version}`), called(object));
    });
  });
}

describe('the rules of checkov', () => {
  test('find a container that is root', () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {containers: [{name: a, image: a}]}\n';
    const found = findings(pod);
    for (const rule of ['CKV_K8S_8', 'CKV_K8S_13', 'CKV_K8S_14', 'CKV_K8S_22', 'CKV_K8S_23', 'CKV_K8S_38'])
      assert.match(found, new RegExp(`${rule}:`));
  });
});
