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

  /// Identifier of the ``CatalogueService``.
  package var service: String
  /// The row as the publisher writes it.
  package var text: String
  /// The host as published, `*.` in front where a wildcard is meant.
  package var host: String
  package var path: String?
  package var pathMatch: PathMatch?
  package var scheme: String?
  /// `tcp` in every edition so far.
  package var transport: String
  package var portsRequired: [UInt16]
  package var portsAdvised: [UInt16]
  package var inspection: Inspection?
  package var note: String?
  /// The hosts meant: a catalogue's `*.x` is one or more labels below `x`, `x` itself excluded.
  package let hostPattern: HostPattern

  /// Nil where `host` is neither a host name nor `*.` and a host name.
  package init?(
    service: String, text: String, host: String, path: String? = nil, pathMatch: PathMatch? = nil,
    scheme: String? = nil, transport: String = "tcp", portsRequired: [UInt16],
    portsAdvised: [UInt16] = [], inspection: Inspection? = nil, note: String? = nil
  ) {
    if host.hasPrefix("*.") {
      guard let base = HostName(host.dropFirst(2)) else { return nil }
      hostPattern = .subdomains(base)
    } else {
      guard let name = HostName(host) else { return nil }
      hostPattern = .exact(name)
    }
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

  /// The paths meant; any where the row gives none. A published prefix is a folder: the path and
  /// what lies below it.
  package var pathPattern: PathPattern {
    guard let path else { return .any }
    return pathMatch == .exact ? .exact(path) : .folder(path)
  }

  /// The name whose sub-domains a wildcard row means.
  package var apex: HostName? {
    if case .subdomains(let name) = hostPattern { name } else { nil }
  }

  /// What identifies a row when editions are compared.
  package var key: String { (scheme.map { $0 + "://" } ?? "") + host + (path ?? "") }
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
