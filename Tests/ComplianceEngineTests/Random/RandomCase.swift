import ComplianceEngine
import EndpointCatalogue
import NetworkSets
import PolicyModel
import TestSupport

/// A small network, a requirement and what is known beside, all made up.
struct RandomCase {
  var policies: [Policy]
  var clients: [Client]
  var family: AddressFamily
  var endpoint: Endpoint
  var port: UInt16
  var knowledge: OutsideKnowledge

  var path: NetworkPath {
    NetworkPath(
      hops: zip(policies, clients).enumerated().map { index, pair in
        Hop(device: "fw\(index + 1)", policy: CompiledPolicy(pair.0), client: pair.1)
      }, family: family)
  }

  func reference(_ names: ReferenceNames) -> ReferenceVerdict {
    ReferenceVerdict(
      devices: zip(policies, clients).enumerated().map { index, pair in
        ReferenceDevice(
          policy: pair.0, client: pair.1, hop: index, knowledge: knowledge, names: names)
      })
  }

  /// Draws connections of the requirement from the universe of ``RandomParts``: for each, the flows
  /// by all zones that are open.
  func connections(_ count: Int, _ random: inout SeededRandom) -> [[ReferenceFlow]] {
    let hosts = RandomParts.hosts.filter { host in
      HostName(host).map { endpoint.hostPattern.matches($0) } ?? false
    }
    let paths = RandomParts.paths.filter { ReferenceNames.holds(endpoint.pathPattern, $0) }
    let networks = clients.lazy.compactMap(\.networks).first
    let sources = RandomParts.clients(family).filter { networks?.contains($0) ?? true }
    guard !hosts.isEmpty, !paths.isEmpty, !sources.isEmpty else { return [] }
    let zones = zip(policies, clients).map(Self.zones)
      .reduce([[]]) { combinations, pairs in
        combinations.flatMap { combination in pairs.map { combination + [$0] } }
      }
    let entries = Dictionary(grouping: zones) { $0[0].from }
    let ways = entries.keys.sorted { $0 ?? "" < $1 ?? "" }.compactMap { entries[$0] }
    guard !ways.isEmpty else { return [] }
    return (0..<count).map { _ in
      let host = random.pick(hosts)
      let known = (HostName(host).flatMap { knowledge.addresses[$0] } ?? [])
        .filter { $0.family == family }
      let flow = ReferenceFlow(
        host: host, path: random.pick(paths), port: port, client: random.pick(sources),
        family: family, address: known.isEmpty ? nil : random.pick(known), zones: [])
      return random.pick(ways).map { pairs in
        var copy = flow
        copy.zones = pairs
        return copy
      }
    }
  }

  /// The zones by which a client's flows may go through a device. Where one is open, a flow to the
  /// Internet does not leave by the zone by which it came, and clients do not sit in a zone that
  /// rules name as an exit only.
  private static func zones(_ policy: Policy, _ client: Client) -> [ReferenceFlow.Zones] {
    var entries: Set<String> = []
    var exits: Set<String> = []
    for clause in policy.tables.flatMap(\.rules).flatMap(\.match.clauses) {
      switch clause {
      case .from(let list): entries.formUnion(list.names)
      case .to(let list): exits.formUnion(list.names)
      case .zonePair: entries.formUnion(policy.zones.map(\.name))
      default: break
      }
    }
    let possible = RandomParts.zones.filter { zone in
      zone.map { !exits.contains($0) || entries.contains($0) } ?? true
    }
    let froms: [String?] =
      client.traffic == .host ? ["HOST"] : client.fromZone.map { [$0] } ?? possible
    let tos: [String?] = client.toZone.map { [$0] } ?? RandomParts.zones
    let isOpen = client.fromZone == nil || client.toZone == nil
    return froms.flatMap { from in
      tos.filter { !isOpen || $0 != from }.map { ReferenceFlow.Zones(from: from, to: $0) }
    }
  }
}
