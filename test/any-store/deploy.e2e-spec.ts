import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { faultsOf, manifestsIn } from '../support/manifests.js';
import { Environment } from '../../src/config/environment.js';

const folder = 'deploy/kubernetes';
const manifest = (name: string): any => parse(readFileSync(join(folder, name), 'utf8'));
const labels = { 'app.kubernetes.io/name': 'decorated-profiles' };
const image = readFileSync('Dockerfile', 'utf8');
const variable = (name: string): string | undefined => new RegExp(`\\b${name}=(\\S+)`).exec(image)?.[1];

describe('what it is deployed with', () => {
  it('is YAML, each document of a kind', () => {
    // Templates are none before they are rendered.
    for (const file of globSync('deploy/**/*.yaml').filter((one) => !one.includes('/templates/')))
      for (const { errors, warnings } of parseAllDocuments(readFileSync(file, 'utf8')))
        expect([file, errors, warnings]).toEqual([file, [], []]);
    for (const file of globSync('*.yaml', { cwd: folder })) {
      const { apiVersion, kind, metadata } = manifest(file);
      expect([file, apiVersion, kind]).toEqual([
        file,
        expect.stringMatching(/^(?:[\w.]+\/)?v\d/),
        expect.stringMatching(/^[A-Z]/),
      ]);
      if (kind !== 'Kustomization')
        expect([file, metadata.name]).toEqual([file, expect.stringMatching(/^decorated-profiles/)]);
    }
  });

  it('is what a cluster takes, every member of it', async () => {
    for (const file of globSync(`${folder}/*.yaml`).filter((one) => !one.endsWith('kustomization.yaml')))
      for (const one of manifestsIn(file)) expect([file, await faultsOf(one)]).toEqual([file, []]);
  });

  it.each([
    [
      'a member that there is not',
      { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 80, targetport: 'x' }] } },
    ],
    ['a value of another type', { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 'two' } }],
    ['what is needed', { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', metadata: {}, spec: {} }],
  ])('would not be taken with, or without, %s', async (_, manifest) => {
    expect(await faultsOf(manifest)).not.toEqual([]);
  });

  it('has an image that serves, and tells metrics, where everything else looks for that', () => {
    expect([variable('PORT'), variable('METRICS_PORT')]).toEqual(['3000', '9464']);
    expect(image).toContain('EXPOSE 3000 9464');
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(image).toContain(`org.opencontainers.image.version="${version}"`);
    const { ports } = manifest('deployment.yaml').spec.template.spec.containers[0];
    expect(ports).toEqual([
      { name: 'http', containerPort: Number(variable('PORT')) },
      { name: 'metrics', containerPort: Number(variable('METRICS_PORT')) },
    ]);
    const scraped = parse(readFileSync('deploy/prometheus/prometheus.yaml', 'utf8')).scrape_configs[0]
      .static_configs[0];
    expect(scraped.targets).toEqual([`service:${variable('METRICS_PORT')}`]);
  });

  it('has an image without a shell: what is run while it is built is run in other stages', () => {
    const [, ...stages] = image.split(/^FROM /m);
    const last = stages.at(-1)!;
    expect(last).toMatch(/^scratch\n/);
    expect(last).not.toMatch(/^RUN /m);
    // Nothing would understand a command that is no list.
    for (const [, command] of last.matchAll(/^ *(?:CMD|ENTRYPOINT) +(.*)$/gm)) expect(command).toMatch(/^\[.*\]$/);
    const labels = [...last.matchAll(/org\.opencontainers\.image\.([a-z.]+)=/g)].map(([, label]) => label);
    expect(labels.join(' ')).toBe('title description version revision created source base.name licenses');
  });

  it('can tell what is in it', () => {
    const about = JSON.parse(readFileSync('package.json', 'utf8'));
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const sbom = JSON.parse(
      execFileSync(process.execPath, ['scripts/sbom.ts'], { encoding: 'utf8', maxBuffer: 2 ** 26 }),
    );
    // One name may be there in two versions, one of them inside of what needs it.
    const components = new Set(sbom.components.map(({ name, version }: any) => `${name} ${version}`));
    const versionOf = (name: string): string => `${name} ${packages[`node_modules/${name}`].version}`;
    const has = (names: object): boolean[] => Object.keys(names).map((name) => components.has(versionOf(name)));
    expect([sbom.bomFormat, components.size > 50]).toEqual(['CycloneDX', true]);
    expect(new Set(has({ ...about.dependencies, ...about.peerDependencies }))).toEqual(new Set([true]));
    const refs = new Set(sbom.components.map((one: any) => one['bom-ref']));
    for (const { dependsOn } of sbom.dependencies)
      expect(dependsOn.filter((ref: string) => !refs.has(ref))).toEqual([]);
    for (const one of sbom.components)
      expect([one.name, one.hashes]).toEqual([
        one.name,
        [{ alg: 'SHA-512', content: expect.stringMatching(/^[\da-f]{128}$/) }],
      ]);
    // What only builds or tests need is marked in the lock file.
    const isForTests = ([path, one]: [string, any]): boolean =>
      one.dev === true && /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path);
    const forTests = Object.entries<any>(packages).filter(isForTests);
    const named = forTests.map(([path, one]) => `${path.slice('node_modules/'.length)} ${one.version}`);
    expect([named.length > 500, named.filter((one) => components.has(one))]).toEqual([true, []]);
  });

  it('has manifests that speak of each other', () => {
    const { spec } = manifest('deployment.yaml');
    const pod = spec.template.spec;
    const [container] = pod.containers;
    const names = container.ports.map(({ name }: any) => name as string);
    expect(spec.template.metadata.labels).toEqual(labels);
    const service = manifest('service.yaml');
    const monitor = manifest('service-monitor.yaml');
    expect([
      spec.selector.matchLabels,
      service.spec.selector,
      service.metadata.labels,
      monitor.spec.selector.matchLabels,
    ]).toEqual(Array.from({ length: 4 }, () => labels));
    for (const { name, targetPort } of service.spec.ports)
      expect([name, names.includes(targetPort)]).toEqual([name, true]);
    expect(service.spec.ports.map(({ name }: any) => name)).toContain(monitor.spec.endpoints[0].port);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      expect(names).toContain(container[probe].httpGet.port);
      expect(container[probe].httpGet.path).toMatch(/^\/health\/(?:live|ready)$/);
    }
    const admitted = manifest('network-policy.yaml').spec.ingress.flatMap(({ ports }: any) =>
      ports.map(({ port }: any) => port),
    );
    expect(admitted).toEqual(names);
    const mounted = container.volumeMounts.map(({ name }: any) => name);
    expect(mounted).toEqual(pod.volumes.map(({ name }: any) => name));
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(
      Number(container.lifecycle.preStop.sleep.seconds) + new Environment().STOP_TIMEOUT,
    );
    for (const file of manifest('kustomization.yaml').resources)
      expect([file, existsSync(join(folder, file))]).toEqual([file, true]);
  });

  it('has a compose file whose files are there, and whose monitoring is asked for', () => {
    const { services, volumes } = parse(readFileSync('deploy/compose.yaml', 'utf8'));
    for (const [name, { profiles, volumes: mounts = [] }] of Object.entries<any>(services)) {
      for (const mount of mounts) {
        const [source = ''] = String(mount).split(':');
        const isThere = source.startsWith('.') ? existsSync(join('deploy', source)) : source in volumes;
        expect([name, source, isThere]).toEqual([name, source, true]);
      }
      expect([name, profiles]).toEqual([name, ['service', 'postgres'].includes(name) ? undefined : ['monitoring']]);
    }
  });
});
