import NetworkSets

/// One row of a catalogue.
package struct Endpoint: Hashable, Sendable {
  package enum PathMatch: String, Hashable, Sendable {
    case exact
    case prefix
  }

  /// What the publisher says or implies about TLS inspection of this endpoint.
  package enum Inspection: String, Hashable, Sendable {
    /// The client pins the server certificate: decryption breaks the connection.
    case pinned
    /// Decryption is possible.
    case tolerated
  }

  /// Whether the product fails without the endpoint.
  package enum Level: String, Hashable, Sendable, CaseIterable {
    case required
    /// Needed under a condition, which ``condition`` states.
    case optional
    /// The publisher says that it is contacted, not that it is needed.
    case named
  }

  /// Identifier of the ``CatalogueService``.
  package var service: String
  /// The row as the publisher writes it.
  package var text: String
  /// The host as published, `*.` in front where a wildcard is meant.
  package var host: String
  package var path: String?
  package var pathMatch: PathMatch?
  package var scheme: String?
  /// `tcp` or `udp`.
  package var transport: String
  package var portsRequired: [UInt16]
  package var portsAdvised: [UInt16]
  package var inspection: Inspection?
  package var note: String?
  package var level: Level
  /// When an optional row is needed, in the publisher's words.
  package var condition: String?
  /// Operating systems that need it, as published; nil for all.
  package var platform: String?
  /// Where data is kept, as published; nil for everywhere.
  package var geography: String?
  /// The cloud that needs it, such as `GCC High`; nil for the commercial one.
  package var cloud: String?
  /// A network instead of a host name, as published; ``host`` is the same text then.
  package let address: String?
  /// The hosts meant: a catalogue's `*.x` is one or more labels below `x`, `x` itself excluded.
  package let hostPattern: HostPattern

  /// Nil where `host` is no host name, with or without stars.
  package init?(
    service: String, text: String, host: String, path: String? = nil, pathMatch: PathMatch? = nil,
    scheme: String? = nil, transport: String = "tcp", portsRequired: [UInt16],
    portsAdvised: [UInt16] = [], inspection: Inspection? = nil, note: String? = nil,
    level: Level = .required, condition: String? = nil, platform: String? = nil,
    geography: String? = nil, cloud: String? = nil, isAddress: Bool = false
  ) {
    if isAddress {
      // No name has this form, so that the row meets no rule about names.
      hostPattern = .exact(HostName(constant: "address.invalid"))
      address = host
    } else {
      guard let pattern = Self.pattern(of: host) else { return nil }
      hostPattern = pattern
      address = nil
    }
    self.cloud = cloud
    self.level = level
    self.condition = condition
    self.platform = platform
    self.geography = geography
    self.service = service
    self.text = text
    self.host = host
    self.path = path
    self.pathMatch = pathMatch
    self.scheme = scheme
    self.transport = transport
    self.portsRequired = portsRequired
    self.portsAdvised = portsAdvised
    self.inspection = inspection
    self.note = note
  }

  /// The hosts that a published text means.
  ///
  /// `*.x` is any number of labels below `x`, at least one. A star elsewhere is any text within
  /// the name: Microsoft 365 and Windows lists write `autodiscover.*.onmicrosoft.com` for one or
  /// more labels, and `*cdn.onenote.net` for any name that ends so.
  package static func pattern(of host: String) -> HostPattern? {
    let lower = host.lowercased()
    let rest = lower.hasPrefix("*.") ? lower.dropFirst(2) : lower[...]
    guard rest.utf8.contains(0x2A) else {
      guard let name = HostName(rest), !isAddress(name.text) else { return nil }
      return rest.count == lower.count ? .exact(name) : .subdomains(name)
    }
    // With a letter for each star the rest must be a name; only then the stars are read.
    let filled = String(decoding: rest.utf8.map { $0 == 0x2A ? 0x78 : $0 }, as: UTF8.self)
    guard HostName(filled) != nil, rest.utf8.contains(0x2E), rest.utf8.last != 0x2A else {
      return nil
    }
    if rest.utf8.first == 0x2A, !rest.dropFirst().utf8.contains(0x2A), rest.count == lower.count {
      return .suffix(String(rest.dropFirst()))
    }
    return .glob(lower)
  }

  /// Whether a text is four numbers: an address is no name, whatever characters it has.
  private static func isAddress(_ text: String) -> Bool {
    let last = text.utf8.split(separator: 0x2E).last
    return last?.allSatisfy { (0x30...0x39).contains($0) } ?? false
  }

  /// The paths meant; any where the row gives none. A published prefix is a folder: the path and
  /// what lies below it.
  package var pathPattern: PathPattern {
    guard let path else { return .any }
    return pathMatch == .exact ? .exact(path) : .folder(path)
  }

  /// Why the row is kept without a verdict; nil where it is judged.
  package var unjudged: String? {
    if address != nil {
      return "the row names addresses; policies are judged by host name"
    }
    return transport == "tcp" ? nil : "the row asks for \(transport.uppercased()); TCP is judged"
  }

  /// The name whose sub-domains a wildcard row means.
  package var apex: HostName? {
    if case .subdomains(let name) = hostPattern { name } else { nil }
  }

}

/// One port of one endpoint: the unit that gets a verdict.
package struct Requirement: Hashable, Sendable {
  package enum Level: String, Hashable, Sendable {
    /// The publisher asks for it.
    case required
    /// Not asked for in the row, but other published guidance does.
    case advised
  }

  /// Index into ``Catalogue/endpoints``.
  package var endpoint: Int
  package var port: UInt16
  package var level: Level

  package init(endpoint: Int, port: UInt16, level: Level) {
    self.endpoint = endpoint
    self.port = port
    self.level = level
  }
}
