import EndpointCatalogue
import NetworkSets

/// Hosts that read like an endpoint and belong to somebody else.
enum LookAlike {
  struct Witness {
    let host: String
    /// Whether anybody could register the host; else it is the publisher's own domain.
    let isForeign: Bool
  }

  /// A host that a pattern holds although it was written for the endpoint; nil where the pattern
  /// respects label boundaries at both ends. One that a stranger could own is preferred.
  ///
  /// - Parameter list: whatever the list itself asks for is no look-alike.
  static func witness(
    for pattern: URLPattern, endpoint: Endpoint, list: [Endpoint]
  ) -> Witness? {
    let base: HostName
    switch endpoint.hostPattern {
    case .exact(let host), .subdomains(let host): base = host
    default: return nil
    }
    // The label in front of the registered domain is where a boundary is most often forgotten.
    let labels = base.text.split(separator: ".")
    var candidates: [String] = []
    for count in 2...max(labels.count, 2) {
      let domain = labels.suffix(count).joined(separator: ".")
      candidates.append("evil\(domain)")
      candidates.append("\(domain).evil.example")
    }
    candidates.append("www.\(base.text).evil.example")
    let registered = "." + labels.suffix(2).joined(separator: ".")
    var own: Witness?
    for text in candidates {
      guard let host = HostName(text), pattern.matches(host: host, path: "/"),
        !list.contains(where: { $0.hostPattern.matches(host) })
      else { continue }
      if !("." + host.text).hasSuffix(registered) {
        return Witness(host: host.text, isForeign: true)
      }
      // A name below the right domain is a look-alike only where the pattern forgets a label
      // boundary; a pattern that takes every sibling is a wildcard that says so.
      let sibling = HostName(
        "sibling." + host.text.split(separator: ".").dropFirst().joined(separator: "."))
      let takesSiblings = sibling.map { pattern.matches(host: $0, path: "/") } ?? false
      if own == nil, host.text.hasPrefix("evil"), !takesSiblings {
        own = Witness(host: host.text, isForeign: false)
      }
    }
    return own
  }
}
