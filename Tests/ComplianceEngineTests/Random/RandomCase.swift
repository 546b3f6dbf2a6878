import ComplianceEngine
import EndpointCatalogue
import NetworkSets
import PolicyModel

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

  /// Every flow of the requirement within the universe of ``RandomParts``.
  func universe() -> [ReferenceFlow] {
    let hosts = RandomParts.hosts.filter { host in
      HostName(host).map { endpoint.hostPattern.matches($0) } ?? false
    }
    let paths = RandomParts.paths.filter { ReferenceNames.holds(endpoint.pathPattern, $0) }
    let networks = clients.lazy.compactMap(\.networks).first
    let sources = RandomParts.clients(family).filter { networks?.contains($0) ?? true }
    let zones = zip(policies, clients).map(Self.zones)
      .reduce([[]]) { combinations, pairs in
        combinations.flatMap { combination in pairs.map { combination + [$0] } }
      }
    var result: [ReferenceFlow] = []
    for host in hosts {
      let known = (HostName(host).flatMap { knowledge.addresses[$0] } ?? [])
        .filter { $0.family == family }
      let addresses: [IPAddress?] = known.isEmpty ? [nil] : known
      for address in addresses {
        for path in paths {
          for client in sources {
            for pair in zones {
              result.append(
                ReferenceFlow(
                  host: host, path: path, port: port, client: client, family: family,
                  address: address, zones: pair))
            }
          }
        }
      }
    }
    return result
  }

  /// The zones by which a client's flows may go through a device. Where one is open, a flow to the
  /// Internet does not leave by the zone by which it came.
  private static func zones(_ policy: Policy, _ client: Client) -> [ReferenceFlow.Zones] {
    let froms: [String?] =
      client.traffic == .host ? ["HOST"] : client.fromZone.map { [$0] } ?? RandomParts.zones
    let tos: [String?] = client.toZone.map { [$0] } ?? RandomParts.zones
    let isOpen = client.fromZone == nil || client.toZone == nil
    return froms.flatMap { from in
      tos.filter { !isOpen || $0 != from }.map { ReferenceFlow.Zones(from: from, to: $0) }
    }
  }
}
