import { BlockList, isIPv6 } from 'node:net'
import type { INetworkPolicyPeer } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyPeer'
import type { INetworkPolicyPort } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyPort'
import type { Kinds, Labels } from './objects.ts'

/** Works out from the NetworkPolicies of a namespace who may reach whom, as the cluster's network would. */

type Policy = Kinds['NetworkPolicy']
type Selector = NonNullable<NonNullable<Policy['spec']>['podSelector']>

/** One end of a connection: a pod of the namespace, a pod of another one, or an address elsewhere. */
export type Place =
  | { name: string; labels: Labels }
  | { name: string; labels: Labels; namespace: string }
  | { name: string; address: string }

/** `protocol` as Kubernetes writes it. */
export interface Port {
  port: number
  protocol: 'TCP' | 'UDP'
}

/**
 * Whether a connection is let out of where it begins and into where it ends. The namespace's policies say nothing about the
 * other end where that is not one of its pods.
 */
export function isAllowed(policies: Policy[], from: Place, to: Place, port: Port): boolean {
  return (
    lets(policies, { direction: 'Egress', subject: from, peer: to, port }) &&
    lets(policies, { direction: 'Ingress', subject: to, peer: from, port })
  )
}

interface Question {
  direction: 'Ingress' | 'Egress'
  subject: Place
  peer: Place
  port: Port
}

function lets(policies: Policy[], { direction, subject, peer, port }: Question): boolean {
  if (!isOurs(subject)) return true
  const applying = policies.filter(
    ({ spec }) => spec?.policyTypes?.includes(direction) && selects(spec.podSelector ?? {}, subject.labels),
  )
  // A pod that no policy speaks of is open.
  if (applying.length === 0) return true
  return applying.some(({ spec }) => {
    const rules =
      direction === 'Ingress'
        ? (spec?.ingress ?? []).map(rule => ({ peers: rule.from, ports: rule.ports }))
        : (spec?.egress ?? []).map(rule => ({ peers: rule.to, ports: rule.ports }))
    return rules.some(rule => matchesPeers(rule.peers, peer) && matchesPorts(rule.ports, port))
  })
}

const isOurs = (place: Place): place is { name: string; labels: Labels } =>
  'labels' in place && !('namespace' in place)

/** No list of peers means everybody. */
function matchesPeers(peers: INetworkPolicyPeer[] | undefined, place: Place): boolean {
  return !peers?.length || peers.some(peer => matchesPeer(peer, place))
}

function matchesPeer({ ipBlock, namespaceSelector, podSelector }: INetworkPolicyPeer, place: Place): boolean {
  if (ipBlock) {
    if (!('address' in place)) return false
    return covers([ipBlock.cidr], place.address) && !covers(ipBlock.except ?? [], place.address)
  }
  if (!('labels' in place)) return false
  // Without a selector of namespaces a peer is a pod of the policy's own.
  const inNamespace = namespaceSelector
    ? 'namespace' in place && selects(namespaceSelector, { 'kubernetes.io/metadata.name': place.namespace })
    : isOurs(place)
  return inNamespace && selects(podSelector ?? {}, place.labels)
}

function matchesPorts(ports: INetworkPolicyPort[] | undefined, wanted: Port): boolean {
  if (!ports?.length) return true
  return ports.some(({ port, protocol = 'TCP', endPort }) => {
    if (typeof port === 'string' || endPort !== undefined)
      throw new Error('ports are numbers here, one by one')
    return protocol === wanted.protocol && (port === undefined || port === wanted.port)
  })
}

/** An empty selector selects everything. */
export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const byLabels = Object.entries(matchLabels).every(([name, value]) => labels[name] === value)
  return (
    byLabels &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator !== 'In') throw new Error(`selectors with ${operator} are not understood here`)
      return values.includes(labels[key] ?? '')
    })
  )
}

function covers(ranges: string[], address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  return ranges.some(range => {
    const [base = '', bits] = range.split('/')
    if (isIPv6(base) !== isIPv6(address)) return false
    const list = new BlockList()
    list.addSubnet(base, Number(bits), family)
    return list.check(address, family)
  })
}
