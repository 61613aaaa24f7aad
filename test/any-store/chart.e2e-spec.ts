import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { variableNames } from '../../src/config/read-environment.js';
import { faultsOf, type Manifest, manifestsIn, manifestsOf } from '../support/manifests.js';

const chart = 'deploy/chart';
/** Where `scripts/fetch-helm.sh` leaves it, too. */
const path = [process.env.PATH, resolve('node_modules/.cache/helm')].join(delimiter);
const hasHelm = spawnSync('helm', ['version'], { env: { PATH: path } }).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'chart-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function helm(...parameters: readonly string[]): string {
  // What it caches, and what it says of linked files, is of no interest.
  const env = { PATH: path, HOME: folder };
  return execFileSync('helm', parameters, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What the chart becomes, by kind; of each kind there is one, but config maps. */
function rendered(values: object = {}): ReadonlyMap<string, Manifest> {
  const file = join(folder, 'values.yaml');
  writeFileSync(file, stringify(values));
  const manifests = manifestsOf(helm('template', 'one', chart, '--namespace', 'there', '-f', file));
  const named = manifests.map(
    (one) => [(one.metadata.name as string).endsWith('-dashboard') ? 'Dashboard' : one.kind, one] as const,
  );
  expect(new Set(named.map(([name]) => name)).size).toBe(named.length);
  return new Map(named);
}

/** Everything that there is to be asked for. */
const everything = {
  image: { digest: `sha256:${'a'.repeat(64)}` },
  imagePullSecrets: [{ name: 'pull' }],
  config: { CHANGE_LOG: 'positions', STOP_TIMEOUT: '30', DATABASE_CONNECT_TIMEOUT: '9', TRUST_PROXY: '1' },
  database: { authority: 'authority-of-database' },
  migrations: { enabled: true },
  autoscaling: { activeRequests: 50 },
  ingress: { enabled: true, className: 'nginx', annotations: { a: 'b' }, tlsSecret: 'certificate' },
  gateway: { enabled: true, parentRefs: [{ name: 'public', sectionName: 'https' }] },
  networkPolicy: { from: [{ podSelector: { matchLabels: { a: 'b' } } }] },
  monitoring: {
    ...{ serviceMonitor: true, rules: true, dashboard: true },
    labels: { release: 'prometheus' },
    runbooks: 'https://docs.example/',
  },
  podAnnotations: { a: 'b' },
  nodeSelector: { a: 'b' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
};

(hasHelm ? describe : describe.skip)(
  `the chart${hasHelm ? '' : ', which needs helm: scripts/fetch-helm.sh fetches it'}`,
  () => {
    it('is one that helm finds no fault with', () => {
      expect(helm('lint', '--strict', chart)).toContain('0 chart(s) failed');
    });

    it.each([
      [
        'as it is',
        {},
        ['ConfigMap', 'Deployment', 'HorizontalPodAutoscaler', 'NetworkPolicy', 'PodDisruptionBudget', 'Service'],
      ],
      [
        'with as little as may be',
        { autoscaling: { enabled: false }, networkPolicy: { enabled: false }, disruptionBudget: { enabled: false } },
        ['ConfigMap', 'Deployment', 'Service'],
      ],
      [
        'with everything',
        everything,
        [
          'ConfigMap',
          'Dashboard',
          'Deployment',
          'HTTPRoute',
          'HorizontalPodAutoscaler',
          'Ingress',
          'Job',
          'NetworkPolicy',
          'PodDisruptionBudget',
          'PrometheusRule',
          'Service',
          'ServiceMonitor',
        ],
      ],
    ])('becomes, %s, objects that a cluster takes', async (_, values, kinds) => {
      const manifests = rendered(values);
      expect([...manifests.keys()].sort()).toEqual(kinds);
      for (const [kind, manifest] of manifests) expect([kind, await faultsOf(manifest)]).toEqual([kind, []]);
    });

    it('becomes what the plain manifests are', () => {
      const manifests = rendered();
      const plain = (name: string): Manifest => manifestsIn(`deploy/kubernetes/${name}.yaml`)[0]!;
      // Names, labels and the image are of a release.
      const alike = (manifest: Manifest): unknown =>
        JSON.parse(
          JSON.stringify(manifest.spec ?? manifest.data, (name, value) =>
            /^(?:matchLabels|metadata|image|imagePullPolicy|selector|items)$/.test(name) ? undefined : value,
          ).replaceAll('one-decorated-profiles', 'decorated-profiles'),
        );
      for (const [kind, name] of [
        ['ConfigMap', 'config'],
        ['Deployment', 'deployment'],
        ['HorizontalPodAutoscaler', 'autoscaler'],
        ['NetworkPolicy', 'network-policy'],
        ['PodDisruptionBudget', 'disruption-budget'],
        ['Service', 'service'],
      ] as const)
        expect([kind, alike(manifests.get(kind)!)]).toEqual([kind, alike(plain(name))]);
      const job = rendered({ migrations: { enabled: true } }).get('Job')!;
      // A hook of helm's is deleted by helm.
      const spec = { ...plain('migrate-job').spec, ttlSecondsAfterFinished: undefined };
      expect(alike(job)).toEqual(alike({ spec }));
    });

    it('becomes objects that speak of each other', () => {
      const manifests = rendered(everything);
      const of = (kind: string): any => manifests.get(kind)!;
      const { template, selector } = of('Deployment').spec;
      const chosen = selector.matchLabels;
      expect(template.metadata.labels).toMatchObject(chosen);
      expect([of('Service').spec.selector, of('PodDisruptionBudget').spec.selector.matchLabels]).toEqual([
        chosen,
        chosen,
      ]);
      expect(of('ServiceMonitor').spec.selector.matchLabels).toEqual(chosen);
      expect(of('Service').metadata.labels).toMatchObject(chosen);
      // A pod that migrates is none that serves, and may reach the database.
      const job = of('Job').spec.template;
      expect(job.metadata.labels['app.kubernetes.io/name']).not.toBe(chosen['app.kubernetes.io/name']);
      for (const one of [template, job])
        expect(one.metadata.labels).toMatchObject(of('NetworkPolicy').spec.podSelector.matchLabels);
      const { name } = of('Service').metadata;
      expect(of('HorizontalPodAutoscaler').spec.scaleTargetRef.name).toBe(of('Deployment').metadata.name);
      expect(of('Ingress').spec.rules[0].http.paths[0].backend.service).toEqual({ name, port: { name: 'http' } });
      expect(of('HTTPRoute').spec.rules[0].backendRefs).toEqual([{ name, port: 80 }]);
      expect(of('Ingress').spec.tls).toEqual([{ secretName: 'certificate', hosts: ['api.example.com'] }]);
      expect(of('Deployment').spec.template.spec.containers[0].envFrom[0].configMapRef.name).toBe(
        of('ConfigMap').metadata.name,
      );
      for (const { spec } of [template, job])
        expect(spec.containers[0].volumeMounts.map((mount: any) => mount.name)).toEqual(
          spec.volumes.map((volume: any) => volume.name),
        );
      expect(template.spec.terminationGracePeriodSeconds).toBe(45);
      expect(template.spec.containers[0].readinessProbe.timeoutSeconds).toBe(10);
      expect(of('Deployment').spec.template.spec.containers[0].image).toMatch(/@sha256:a{64}$/);
      for (const variable of Object.keys(of('ConfigMap').data)) expect([...variableNames]).toContain(variable);
    });

    it('brings the alerts and the dashboard as they are, each alert with its page', () => {
      const manifests = rendered(everything);
      const { groups } = parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8'));
      const expected = groups.map((group: any) => ({
        ...group,
        rules: group.rules.map(({ annotations, ...rule }: any) => ({
          ...rule,
          annotations: { ...annotations, runbook_url: `https://docs.example/${annotations.runbook}` },
        })),
      }));
      expect(manifests.get('PrometheusRule')!.spec.groups).toEqual(expected);
      const dashboard = JSON.parse(manifests.get('Dashboard')!.data['decorated-profiles.json']);
      expect(dashboard).toEqual(JSON.parse(readFileSync('deploy/grafana/dashboard.json', 'utf8')));
    });

    it.each([
      ['a value that there is not', { autoscaling: { mim: 3 } }, "'mim' not allowed"],
      ['a secret in the configuration', { config: { DATABASE_PASSWORD: 'x' } }, 'DATABASE_PASSWORD'],
      [
        'a database that several processes cannot share',
        { config: { DATABASE_URL: '/data/x.sqlite' } },
        'does not match',
      ],
      ['a gateway that is not named', { gateway: { enabled: true } }, 'gateway.parentRefs names the gateway'],
      ['half a digest', { image: { digest: 'sha256:ab' } }, 'does not match'],
    ])('refuses %s', (_, values, message) => {
      expect(() => rendered(values)).toThrow(message);
    });

    it('is of the release that it brings', () => {
      const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
      const about = parse(readFileSync(`${chart}/Chart.yaml`, 'utf8'));
      expect([about.version, about.appVersion]).toEqual([version, version]);
    });
  },
);
