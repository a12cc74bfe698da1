import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet'
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import type { IJob } from 'kubernetes-models/batch/v1/Job'
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1/Ingress'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { IContainer } from 'kubernetes-models/v1/Container'
import type { INamespace } from 'kubernetes-models/v1/Namespace'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import type { ISecret } from 'kubernetes-models/v1/Secret'
import type { IService } from 'kubernetes-models/v1/Service'
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount'

/** What stands in a manifest, before anything is known about it. */
export interface Any {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string }
}

export interface Kinds {
  ConfigMap: IConfigMap
  Deployment: IDeployment
  HorizontalPodAutoscaler: IHorizontalPodAutoscaler
  Ingress: IIngress
  Job: IJob
  Namespace: INamespace
  NetworkPolicy: INetworkPolicy
  PodDisruptionBudget: IPodDisruptionBudget
  Secret: ISecret
  Service: IService
  ServiceAccount: IServiceAccount
  StatefulSet: IStatefulSet
}

export type Labels = Record<string, string>

/** Something that makes pods. */
export interface Workload {
  kind: 'Deployment' | 'StatefulSet' | 'Job'
  name: string
  /** As it stands in the manifest; undefined where an autoscaler sets it, or nobody. */
  replicas: number | undefined
  labels: Labels
  pod: IPodSpec
}

/** All objects of a kind. */
export function ofKind<K extends keyof Kinds>(objects: Any[], kind: K): Kinds[K][] {
  return objects.filter(object => object.kind === kind) as unknown as Kinds[K][]
}

/** The names of all objects of a kind. */
export const namesOf = (objects: Any[], kind: string): string[] =>
  objects.filter(object => object.kind === kind).map(object => object.metadata.name)

/** Everything that makes pods. */
export function workloadsOf(objects: Any[]): Workload[] {
  return (['Deployment', 'StatefulSet', 'Job'] as const).flatMap(kind =>
    ofKind(objects, kind).map(object => {
      const { template, ...spec } = object.spec ?? {}
      if (!template?.spec) throw new Error(`${kind} ${object.metadata?.name} makes no pods`)
      return {
        kind,
        name: object.metadata?.name ?? '',
        replicas: 'replicas' in spec ? spec.replicas : undefined,
        labels: template.metadata?.labels ?? {},
        pod: template.spec,
      }
    }),
  )
}

/** Every container of every pod, those that only prepare it too, with a name for messages. */
export function containersOf(
  objects: Any[],
): { where: string; workload: Workload; container: IContainer; prepares: boolean }[] {
  return workloadsOf(objects).flatMap(workload => {
    const { containers, initContainers = [] } = workload.pod
    return [...containers, ...initContainers].map((container, index) => ({
      where: `${workload.kind} ${workload.name}, container ${container.name}`,
      workload,
      container,
      prepares: index >= containers.length,
    }))
  })
}

/** The ports of a workload, by number and by name. */
export const portsOf = ({ pod }: Workload): (number | string)[] =>
  pod.containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, containerPort }) => (name ? [name, containerPort] : [containerPort])),
  )
