import NetworkSets

/// What makes a row of one edition the same row in another: the list, the service, the host in its
/// canonical form and the path. Scheme, ports, level and spelling are attributes.
package struct EndpointIdentity: Hashable, Sendable, Comparable {
  package let service: String
  package let host: String
  package let path: String

  package init(service: String, host: String, path: String?) {
    self.service = service
    self.host = Self.canonical(host)
    self.path = Self.canonicalPath(path)
  }

  /// Without the service: what is asked of a network.
  package var place: String { host + path }

  /// Lower case, no dot and no stray star at the end.
  package static func canonical(_ host: String) -> String {
    var text = host.lowercased()
    while text.utf8.count > 1, let last = text.utf8.last, last == 0x2A || last == 0x2E {
      text.removeLast()
    }
    return text
  }

  /// A star at the end of a path says what the folder says; no path and `/` are the same.
  package static func canonicalPath(_ path: String?) -> String {
    var text = path ?? ""
    while text.utf8.last == 0x2A { text.removeLast() }
    return text == "/" ? "" : text
  }

  /// Whether two rows as printed mean the same host and path: spelling and scheme are no part of it.
  package static func isSame(_ left: String, _ right: String) -> Bool {
    left == right || place(ofText: left) == place(ofText: right)
  }

  private static func place(ofText text: String) -> String {
    var rest = text[...]
    if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    return canonical(String(rest[..<slash])) + canonicalPath(String(rest[slash...]))
  }

  package static func < (left: EndpointIdentity, right: EndpointIdentity) -> Bool {
    (left.service, left.host, left.path) < (right.service, right.host, right.path)
  }
}

extension Endpoint {
  package var identity: EndpointIdentity {
    EndpointIdentity(service: service, host: host, path: path)
  }
}
