import NetworkSets

/// What a rule asks of a flow: every clause must hold. No clause at all matches everything.
package struct Match: Hashable, Sendable {
  package var clauses: [Clause]

  package init(_ clauses: [Clause] = []) { self.clauses = clauses }
}

/// One test of a match.
package enum Clause: Hashable, Sendable {
  /// The zone or interface by which the flow enters.
  case from(ZoneList)
  /// The zone or interface by which the flow leaves.
  case to(ZoneList)
  /// How the two zones relate.
  case zonePair(ZonePairing)
  case family(AddressFamily)
  case source(EndpointList)
  /// Destination addresses, names or URLs. Several destination clauses must all hold, as where a
  /// product has both a destination column and a URL column.
  case destination(EndpointList)
  case service(ServiceList)
  /// The application that the firewall must recognise: one of these names. Not decided by an
  /// export, unless the user says which names the firewall gives to this traffic.
  case application([String])
  /// Holds only if the condition does, which the export does not tell.
  case requires(Condition)
  /// Holds in a stretch of time that comes once; see ``Policy/settlingPeriods(at:)``.
  case period(Period)
  /// Never holds for the first packet of a client's TCP connection, for the reason given.
  case never(String)
}

/// How the entering and the leaving zone of a rule relate.
package enum ZonePairing: String, Hashable, Sendable, CaseIterable {
  case intrazone
  case interzone
}

/// Zones or interfaces, by the export's own names.
package struct ZoneList: Hashable, Sendable {
  /// Exact names, or a prefix followed by `*` (nftables and iptables interface wildcards).
  package var names: [String]
  package var negated: Bool

  package init(_ names: [String], negated: Bool = false) {
    self.names = names
    self.negated = negated
  }

  package func contains(_ zone: String) -> Bool {
    let listed = names.contains { name in
      name.hasSuffix("*") ? zone.hasPrefix(name.dropLast()) : name == zone
    }
    return listed != negated
  }
}

/// Sources or destinations: any of the terms, none of the exceptions; then negated as a whole.
package struct EndpointList: Hashable, Sendable {
  package var terms: [EndpointTerm]
  package var exceptions: [EndpointTerm]
  package var negated: Bool

  package init(
    _ terms: [EndpointTerm], except exceptions: [EndpointTerm] = [], negated: Bool = false
  ) {
    self.terms = terms
    self.exceptions = exceptions
    self.negated = negated
  }
}

/// How a device connects a name in a rule with a flow.
package enum NameBinding: String, Hashable, Sendable, CaseIterable {
  /// It reads the name in the flow: SNI, Host header, proxy request, DNS answer of the client.
  case observed
  /// It resolves the name itself and compares addresses; the client may have been given others.
  case resolved
  /// As `resolved`, but the clients use the device as their DNS server, so both see one answer.
  case proxied
  /// It is not certain that the device reads the entry this way; hosts outside the pattern are
  /// certainly not meant.
  case doubtful
}

/// One entry of a source or destination list.
package enum EndpointTerm: Hashable, Sendable {
  case any
  case addresses(AddressSet)
  case host(HostPattern, NameBinding)
  case url(URLPattern)
  /// Index into ``Policy/endpointObjects``.
  case object(Int)
  /// An address list that the vendor maintains under a name (Azure service tag). A list given by
  /// the user decides it; without one it is a condition.
  case tag(String)
  /// Hosts that the vendor puts in a category. Not decided by an export, unless the user says
  /// which categories these hosts have.
  case category(String)
  /// Something whose members the export does not show.
  case condition(Condition)
}

/// Protocols and ports: any of the terms; then negated as a whole.
package struct ServiceList: Hashable, Sendable {
  package var terms: [ServiceTerm]
  package var negated: Bool

  package init(_ terms: [ServiceTerm], negated: Bool = false) {
    self.terms = terms
    self.negated = negated
  }
}

/// One entry of a service list.
package enum ServiceTerm: Hashable, Sendable {
  case any
  case service(Service)
  /// Index into ``Policy/serviceObjects``.
  case object(Int)
  case condition(Condition)
}

/// A protocol with its ports.
package struct Service: Hashable, Sendable {
  /// IANA protocol number: 6 TCP, 17 UDP; nil for every protocol.
  package var `protocol`: UInt8?
  package var destinationPorts: PortSet
  package var sourcePorts: PortSet

  package init(
    protocol number: UInt8?, destinationPorts: PortSet = .full, sourcePorts: PortSet = .full
  ) {
    self.protocol = number
    self.destinationPorts = destinationPorts
    self.sourcePorts = sourcePorts
  }

  package static let tcpNumber: UInt8 = 6
  package static let udpNumber: UInt8 = 17

  package static func tcp(_ ports: PortSet) -> Service {
    Service(protocol: tcpNumber, destinationPorts: ports)
  }

  package static func udp(_ ports: PortSet) -> Service {
    Service(protocol: udpNumber, destinationPorts: ports)
  }
}
