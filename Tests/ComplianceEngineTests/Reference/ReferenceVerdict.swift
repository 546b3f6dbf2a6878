import ComplianceEngine
import NetworkSets
import PolicyModel

/// Judges a requirement by trying every flow of a small universe.
struct ReferenceVerdict {
  let devices: [ReferenceDevice]
  /// Set once some flow has too many worlds to try.
  final class Patience { var isOver = false }
  let patience = Patience()

  /// What may become of a flow on its whole way.
  func outcomes(_ flow: ReferenceFlow) -> Set<ReferenceOutcome> {
    let worlds = ReferenceWorlds()
    let joint = worlds.all {
      devices.map { ReferenceWorld(device: $0, flow: flow, worlds: worlds).outcome() }
        .reduce(.allow) { ReferenceDevice.worse($0, $1) }
    }
    guard let joint else {
      patience.isOver = true
      return []
    }
    return joint
  }

  /// The flows of one client to one host, of which the export leaves open by which zones they go:
  /// one of them is real. The zone by which a client enters the first device says which client it
  /// is, and is not open.
  struct Connection: Hashable {
    let flow: ReferenceFlow

    init(_ flow: ReferenceFlow) {
      var plain = flow
      for index in plain.zones.indices {
        plain.zones[index] = ReferenceFlow.Zones(
          from: index == 0 ? flow.zones[0].from : nil, to: nil)
      }
      self.flow = plain
    }
  }

  func outcomes(of flows: [ReferenceFlow]) -> [Connection: Set<ReferenceOutcome>] {
    var result: [Connection: Set<ReferenceOutcome>] = [:]
    for flow in flows { result[Connection(flow), default: []].formUnion(outcomes(flow)) }
    return result
  }

  static func verdict(_ connections: some Collection<Set<ReferenceOutcome>>) -> Verdict {
    let denied = connections.count { $0 == [.deny] }
    let allowed = connections.count { $0 == [.allow] }
    if allowed == connections.count { return .allowed }
    if denied == connections.count { return .blocked }
    if denied > 0 { return .partial }
    let silent = connections.allSatisfy { $0.isSubset(of: [.left, .broken]) }
    return silent ? .unknown : .conditional
  }
}
