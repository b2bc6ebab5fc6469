// Who may talk to whom: nobody, but for what a policy names.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { called, objects, ours, RENDERED, render, selects, workloads } from './rendered.mjs';

for (const folder of RENDERED) {
  describe(folder, () => {
    const all = objects(render(folder));
    const pods = workloads(all);
    const stages = ours(all);
    const policies = all.filter(({ kind }) => kind === 'NetworkPolicy');
    const named = name => policies.find(({ metadata }) => metadata.name === name).spec;
    const taken = name =>
      stages
        .filter(({ labels }) => selects(named(name).podSelector, labels))
        .map(({ object }) => object.metadata.name)
        .sort();

    test('refuses all traffic of every pod that is not named', () => {
      for (const { object, labels } of pods)
        for (const type of ['Ingress', 'Egress'])
          assert.ok(
            policies.some(({ spec }) => selects(spec.podSelector, labels) && spec.policyTypes.includes(type)),
            `${called(object)} ${type}`,
          );
      for (const { metadata, spec } of policies)
        for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
          assert.ok((rule.from ?? rule.to ?? []).length > 0, `${metadata.name} names no peer`);
          assert.ok((rule.ports ?? []).length > 0, `${metadata.name} names no port`);
        }
    });

    test('lets three out to the internet, and nobody to private addresses', () => {
      const open = policies.filter(({ spec }) => JSON.stringify(spec).includes('0.0.0.0/0'));
      assert.deepEqual(
        open.map(({ metadata }) => metadata.name),
        ['to-the-internet'],
      );
      assert.deepEqual(taken('to-the-internet'), ['activation', 'enricher', 'loader']);
      const { except } = named('to-the-internet').egress[0].to[0].ipBlock;
      const mine = [
        '10.0.0.0/8',
        '172.16.0.0/12',
        '192.168.0.0/16',
        '169.254.0.0/16',
        '127.0.0.0/8',
        '100.64.0.0/10',
      ];
      for (const network of mine) assert.ok(except.includes(network), network);
    });

    test('lets those who work events tell of them, where traces are on', () => {
      const is_on = policies.some(({ metadata }) => metadata.name === 'to-traces');
      assert.equal(is_on, folder === 'overlays/production');
      if (is_on) assert.deepEqual(taken('to-traces'), ['activation', 'collector', 'enricher', 'loader']);
    });

    test('lets the look at all stages to their admin ports, and to nothing else of theirs', () => {
      assert.deepEqual(taken('status'), ['status']);
      assert.deepEqual(named('status').egress[0].ports, [{ protocol: 'TCP', port: 'admin' }]);
      const [{ from }] = named('to-the-metrics').ingress;
      const asking = from.filter(({ podSelector }) => podSelector).map(({ podSelector }) => podSelector);
      const look = stages.find(({ object }) => object.metadata.name === 'status');
      assert.ok(asking.some(selector => selects(selector, look.labels)));
    });

    test('lets each to the servers that it works with', () => {
      const everybody = ['activation', 'collector', 'enricher', 'loader', 'migrate', 'reporting', 'status'];
      assert.deepEqual(taken('deny'), everybody);
      assert.deepEqual(taken('to-dns'), everybody);
      assert.deepEqual(taken('to-kafka'), everybody);
      assert.deepEqual(taken('to-clickhouse'), ['loader', 'migrate', 'reporting', 'status']);
    });
  });
}
