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
    let taken = sourcePorts(toTCP: port)
    if taken.isSuperset(of: .ephemeral) {
      result = .yes
    } else if !taken.isDisjoint(with: .ephemeral) {
      result = .perhaps
    }
    for part in nested where result < .yes { result = result || part.truth(tcpPort: port) }
    return negated ? !result : result
  }

  /// From which ports a TCP connection to `port` may come to be meant, over all services together;
  /// negated groups apart.
  func sourcePorts(toTCP port: UInt16) -> PortSet {
    var result = PortSet()
    for service in services {
      if let number = service.protocol, number != Service.tcpNumber { continue }
      guard service.destinationPorts.contains(port) else { continue }
      if service.sourcePorts.isFull { return .full }
      result = result.union(service.sourcePorts)
    }
    return result
  }

  /// TCP ports that the list names, for advice.
  var tcpPorts: PortSet {
    let named = services.filter { $0.protocol == nil || $0.protocol == Service.tcpNumber }
      .reduce(PortSet()) { $0.union($1.destinationPorts) }
    return negated ? named.complement() : named
  }
}
