import NetworkSets
import PolicyModel

/// A service list with its objects flattened.
struct CompiledServices: Sendable {
  var services: [Service] = []
  var doubts: [CompiledEndpoints.Doubt] = []
  var negated: Bool
  /// Negated groups, which cannot be merged into the list.
  var nested: [CompiledServices] = []

  init(negated: Bool) { self.negated = negated }

  mutating func merge(_ other: CompiledServices) {
    if other.negated {
      nested.append(other)
    } else {
      services += other.services
      doubts += other.doubts
      nested += other.nested
    }
  }

  /// Keeps each service and doubt once, so that groups with common members do not multiply them.
  mutating func removeDuplicates() {
    var seen: Set<Service> = []
    services = services.filter { seen.insert($0).inserted }
    var seenDoubts: Set<CompiledEndpoints.Doubt> = []
    doubts = doubts.filter { seenDoubts.insert($0).inserted }
  }

  /// Whether a TCP connection to `port` from an ephemeral port is meant.
  func truth(tcpPort port: UInt16) -> Truth {
    var result: Truth = doubts.isEmpty ? .no : .perhaps
    for service in services where result < .yes {
      result = result || Self.truth(of: service, tcpPort: port)
    }
    for part in nested where result < .yes { result = result || part.truth(tcpPort: port) }
    return negated ? !result : result
  }

  private static func truth(of service: Service, tcpPort port: UInt16) -> Truth {
    if let number = service.protocol, number != Service.tcpNumber { return .no }
    guard service.destinationPorts.contains(port) else { return .no }
    if service.sourcePorts.isSuperset(of: .ephemeral) { return .yes }
    return service.sourcePorts.isDisjoint(with: .ephemeral) ? .no : .perhaps
  }

  func reasons(tcpPort port: UInt16) -> [CompiledEndpoints.Doubt] {
    var result = doubts
    for service in services where Self.truth(of: service, tcpPort: port) == .perhaps {
      result.append(
        CompiledEndpoints.Doubt(
          condition: Condition(
            .unmodelled,
            "only source ports \(service.sourcePorts.text): which port the client uses is open"),
          position: nil))
    }
    return result + nested.flatMap { $0.reasons(tcpPort: port) }
  }

  /// TCP ports that the list names, for advice.
  var tcpPorts: PortSet {
    let named = services.filter { $0.protocol == nil || $0.protocol == Service.tcpNumber }
      .reduce(PortSet()) { $0.union($1.destinationPorts) }
    return negated ? named.complement() : named
  }
}
